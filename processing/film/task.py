"""A film to be changed by a process of its own: what it is told, and what it answers."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from media.film.probe import FilmLimits
from processing.local.natural.model import Networks
from processing.look import LookValues


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FilmTask(_Said):
    """Which film, how it is to be changed, and where the result goes; paths are absolute.

    ``style`` and ``color`` are the look's photos. ``rate`` is the share of the frames that are
    processed fully.
    """

    source: str
    target: str
    thumbnail: str
    look: LookValues
    style: str | None = None
    color: str | None = None
    rate: Annotated[float, Field(gt=0, le=1)]
    stabilize: bool = False
    networks: Networks
    limits: FilmLimits


class Progress(_Said):
    """So many frames are done."""

    kind: Literal["progress"] = "progress"
    frames: int


class Done(_Said):
    """The film is whole. See DyedFilm."""

    kind: Literal["done"] = "done"
    frames: int
    sampled_frames: int
    keeps_sound: bool


class Fault(_Said):
    """The film cannot be used; the text is for its owner."""

    kind: Literal["fault"] = "fault"
    text: str


class Failure(_Said):
    """Something else went wrong; the text is for the log."""

    kind: Literal["failure"] = "failure"
    text: str


Answer: TypeAlias = Annotated[Progress | Done | Fault | Failure, Field(discriminator="kind")]
"""One line of JSON each; the last one is no Progress."""

ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
