"""A film to be changed by a process of its own: what it is told, and what it answers."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from media.film.probe import FilmLimits
from processing.local.natural.model import Networks
from processing.look import LookValues


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CarriedFrame(_Said):
    """A frame by its number: ``own`` is its picture, ``edited`` the same with other hair laid in.
    Paths are absolute."""

    index: Annotated[int, Field(ge=0)]
    own: str
    edited: str


class FilmTask(_Said):
    """Which film, how it is to be changed, and where the result goes; paths are absolute.

    ``style`` and ``color`` are the look's photos. ``rate`` is the share of the frames that are
    processed fully. What is ``carried`` comes first, and the look goes on top.
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
    carried: tuple[CarriedFrame, ...] = ()


class ScoutTask(_Said):
    """Of which film the frames worth to be edited are wanted, at most how many, and the folder that
    they go to; paths are absolute."""

    source: str
    folder: str
    networks: Networks
    limits: FilmLimits
    most: Annotated[int, Field(ge=1)]


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


class KeyframeFile(_Said):
    """A frame by its number, and where its picture lies, a PNG."""

    index: int
    path: str


class Scouted(_Said):
    """The frames worth to be edited, in order of time; none where nobody is in the film."""

    kind: Literal["scouted"] = "scouted"
    keyframes: tuple[KeyframeFile, ...]


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

ScoutAnswer: TypeAlias = Annotated[
    Progress | Scouted | Fault | Failure, Field(discriminator="kind")
]
"""The same of a ScoutTask."""

SCOUT_ANSWER: TypeAdapter[ScoutAnswer] = TypeAdapter(ScoutAnswer)
