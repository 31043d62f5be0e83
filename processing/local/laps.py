"""Where one frame's time goes."""

from time import perf_counter


class Laps:
    """How long one frame's stages took, each from the end of the one before."""

    def __init__(self) -> None:
        self.stage_ms: dict[str, float] = {}
        self._since_s = perf_counter()

    def end(self, stage: str) -> None:
        """The stage that just ended."""
        now_s = perf_counter()
        self.stage_ms[stage] = (now_s - self._since_s) * 1000
        self._since_s = now_s
