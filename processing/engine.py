"""The seam behind which the engines stand: local now, others beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from media.frame import Picture
from processing.look import Look, LookError

TRY_ANOTHER = "Try a photo of one head, from the front, in even light, with the hair in full view."


class PhotoError(ValueError):
    """A reference photo of which nothing can be taken over; the text says why and what to try."""


class NoPerson(PhotoError):
    """There is nobody in the photo."""

    def __init__(self) -> None:
        super().__init__(f"No person is found in the photo. {TRY_ANOTHER}")


class NoHair(PhotoError):
    """There is somebody in the photo, but no hair to be seen, or too little of it."""

    def __init__(self) -> None:
        super().__init__(f"Too little hair is found in the photo. {TRY_ANOTHER}")


class Advice(StrEnum):
    """What the person in the picture could do so that the look comes out better."""

    NO_HEAD = "no_head"
    """No head is in the picture, so that nothing is changed."""
    TOO_DARK = "too_dark"
    """There is too little light."""
    TOO_FAR = "too_far"
    """The head is too small."""
    SEVERAL_HEADS = "several_heads"
    """There is more than one head."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A changed picture. ``heads`` is how many heads were found, None if nobody looked.

    ``stage_ms`` tells how long each of the engine's own stages took. ``effort`` is the share of
    its full care (0 to 1) that the engine took with this frame, None if it knows only one.
    """

    picture: Picture
    heads: int | None = None
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()
    effort: float | None = None


class Styler(Protocol):
    """An engine's state for one live client: what it remembers from frame to frame.

    Its calls come one at a time, though not always from the same thread.
    """

    def render(self, picture: Picture, look: Look, pressure: float = 0.0, /) -> Rendered:
        """Apply the look. The picture given is the caller's to reuse: it must not be changed.

        ``pressure`` (see ``FrameRunner``) tells how hard it is to keep up at what the last frames
        cost: towards 1 an engine that can do less for a frame should, or frames are dropped.
        A photo in the look may have been accepted by another engine: if there is nothing in it
        to take over, it is as if it were not there.
        """
        ...


class FilmStyler(Protocol):
    """An engine's state for one film, whose frames come one after the other."""

    def render(self, picture: Picture, look: Look, is_sampled: bool, /) -> Rendered:
        """Apply the look; fully to a sampled frame, and to those between them at less cost, in
        such a way that they move with the film. See ``Styler.render``."""
        ...


class Engine(Protocol):
    """A way of changing hair. Shared by all clients; calls may come from several threads."""

    name: str

    def warm_up(self) -> None:
        """Load what the calling thread needs, so that no frame has to wait for it."""
        ...

    def open(self) -> Styler:
        """State for a new client; cheap, since it is called on the event loop."""
        ...

    def open_film(self) -> FilmStyler:
        """State for a film."""
        ...

    def applies(self, look: Look) -> tuple[str, ...]:
        """Which of ``look.parts`` this engine will in fact apply; cheap, looks at no pixels.

        An engine that takes over a style photo's colour, but not its shape, says ``color`` for it.
        """
        ...

    def check_photo(self, photo: Picture) -> None:
        """Look whether something can be taken over from a style or colour photo.

        Called on a worker, once, before the photo is worn. Raises PhotoError if there is not.
        """
        ...

    def retouch(self, photo: Picture, look: Look, /) -> Rendered:
        """Apply the look to a photo, of which there is no next frame: with all care.

        Called on a worker; the photo given must not be changed. Raises PhotoError if a reference
        photo in the look is to be used and there is nothing in it to take over.
        """
        ...


class Engines:
    """The engines by name; the first is the default."""

    def __init__(self, *engines: Engine) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self.default = engines[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called, the default first."""
        return tuple(self._engines)

    def warm_up(self) -> None:
        """Let every engine load what the calling thread needs."""
        for engine in self._engines.values():
            engine.warm_up()

    def get(self, name: str) -> Engine:
        """The engine of that name. Raises LookError if there is none."""
        if name not in self._engines:
            known = ", ".join(self._engines)
            raise LookError(f"engine: unknown: {name[:32]!r}; known are {known}")
        return self._engines[name]
