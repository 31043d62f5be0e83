"""Which of several workers a process is."""

from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """The worker of this ``slot``, from zero, of so many; it hears from its supervisor by
    ``channel``, a handle of the process. What workers share is in ``folder``."""

    slot: int
    count: int
    channel: int
    folder: str

    @classmethod
    def read(cls, text: str) -> "WorkerPlace":
        """As ``text`` has written it."""
        return cls(**orjson.loads(text))

    def text(self) -> str:
        """For a command line."""
        return orjson.dumps(asdict(self)).decode()
