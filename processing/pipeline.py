"""One client's frames, from encoded to encoded: decode, render, encode, on a worker thread."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from media.coder import Coder, Shot
from media.frame import EncodedFrame, Picture
from processing.engine import Advice, Engines, Rendered, Styler
from processing.look import Look


@dataclass(frozen=True, slots=True)
class Processed:
    """A frame on its way back, as the client's coder has written it.

    ``stage_ms`` says where the time went; the rest is what the engine told (see Rendered).
    ``shot`` is the frame as it came, where it was wanted.
    """

    payload: bytes | str
    heads: int | None = None
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()
    effort: float | None = None
    shot: Shot | None = None


class _Task(NamedTuple):
    """A look with the state of its engine: replaced as one, so a worker never sees half."""

    look: Look
    styler: Styler


class FramePipeline:
    """Applies the look that is set when a frame's turn comes. Frames come one at a time.

    While it ``wants_shots`` it hands out the frames as they came, too.
    """

    def __init__(self, engines: Engines, coder: Coder) -> None:
        self._engines = engines
        self._coder = coder
        self._task: _Task | None = None
        self.wants_shots = False

    def wear(self, look: Look | None) -> None:
        """Use this look from the next frame on. Raises LookError if its engine is unknown."""
        if look is None:
            self._task = None
        elif self._task is not None and self._task.look.engine == look.engine:
            self._task = _Task(look, self._task.styler)
        else:
            self._task = _Task(look, self._engines.get(look.engine).open())

    def process(self, frame: EncodedFrame, pressure: float = 0.0) -> Processed:
        """Change one frame. Raises PictureError or BrokenBase64 for what is no picture.

        ``pressure`` is for the engine (see Styler). With nothing to apply the picture is not
        rendered at all; nor is it where it cannot be decoded yet.
        """
        task, is_asked = _worn(self._task), self.wants_shots
        shot = self._coder.shot(frame) if is_asked else None
        is_needed = task is not None or (is_asked and shot is None)
        if not is_needed or not self._coder.can_decode(frame):
            return Processed(self._coder.pass_on(frame), shot=shot)
        picture, result = self._render(frame, task, pressure)
        return replace(result, shot=shot or (lambda: picture)) if is_asked else result

    def _render(
        self, frame: EncodedFrame, task: _Task | None, pressure: float
    ) -> tuple[Picture, Processed]:
        """The picture as it came, and what became of it."""
        started_s = time.perf_counter()
        picture = self._coder.decode(frame)
        decoded_s = time.perf_counter()
        rendered = Rendered(picture)
        if task is not None:
            rendered = task.styler.render(picture, task.look, pressure)
        rendered_s = time.perf_counter()
        payload = self._coder.encode(rendered.picture, frame)
        encoded_s = time.perf_counter()
        stage_ms = {
            "decode": (decoded_s - started_s) * 1000.0,
            **rendered.stage_ms,
            "render": (rendered_s - decoded_s) * 1000.0,
            "encode": (encoded_s - rendered_s) * 1000.0,
        }
        told = (rendered.heads, stage_ms, rendered.advice, rendered.effort)
        return picture, Processed(payload, *told)


def _worn(task: _Task | None) -> _Task | None:
    """None where there is nothing to apply."""
    return None if task is None or task.look.is_empty else task
