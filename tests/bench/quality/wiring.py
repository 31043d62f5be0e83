"""Who is judged by which part, with what is installed here."""

from collections.abc import Callable

from media.frame import Picture
from processing.local.natural.heads import HeadFinder
from processing.local.natural.model import HairModel
from tests.bench.quality import natural, teacher
from tests.bench.quality.clips import FaceFinder
from tests.bench.quality.colour import SIDE, look_of
from tests.bench.quality.options import Options
from tests.bench.quality.steady import Followers
from tests.bench.quality.subject import (
    Dyer,
    Follow,
    Matter,
    Raw,
    Refined,
    Seen,
    whole,
)

TEACHER_WEIGHTS = "hair_segmenter.tflite"
YUNET_WEIGHTS = "face_detection_yunet_2023mar_int8bq.onnx"
LOOK = "platinum"
"""What clips are dyed: the shade that shows the most."""


def ours(options: Options) -> Matter:
    """The shipped network through the engine's matte, in the crop that it is told."""
    return Refined("natural", natural.eyes(HairModel(options.networks)))


def engine(options: Options) -> Matter:
    """The engine as people meet it: it finds the head, too, and chooses the crop."""
    return natural.OwnCrop(HeadFinder(options.networks), HairModel(options.networks))


def dyer(options: Options) -> Dyer:
    """The engine's recolouring."""
    return natural.NaturalDyer(HeadFinder(options.networks), HairModel(options.networks))


def judged_masks(options: Options) -> list[Matter]:
    """Our network with the matte, bare, and with the engine's own crop; then the teacher."""
    raw = Raw("natural bare", natural.eyes(HairModel(options.networks)))
    return [ours(options), raw, engine(options), *_teachers(options)]


def judged_leaks(options: Options) -> list[Matter]:
    """Ours, and the teacher's hair through the same matte and dye."""
    return [ours(options), *_teachers(options)[:1]]


def _teachers(options: Options) -> list[Matter]:
    """The teacher with our matte, and bare; nobody if it can not be run here."""
    if not teacher.is_available():
        return []
    see = teacher.Teacher(options.models / TEACHER_WEIGHTS).hair_in
    return [
        Refined("teacher", see),
        Raw("teacher bare", see),
    ]


def followers(options: Options) -> Followers:
    """The engine with and without its temporal part, and the teacher, which has none."""
    finder, model = HeadFinder(options.networks), HairModel(options.networks)
    found: dict[str, Callable[[], Follow]] = {
        "natural": lambda: natural.steady(finder, model, look_of(LOOK)),
        "no memory": lambda: natural.forgetful(finder, model, look_of(LOOK)),
    }
    weights, dye_all = options.models / YUNET_WEIGHTS, dyer(options)
    if teachers := _teachers(options):
        found["teacher, no memory"] = lambda: by_face(FaceFinder(weights), teachers[0], dye_all)
    return found


def by_face(faces: FaceFinder, matter: Matter, dye_all: Dyer) -> Follow:
    """Every frame by itself, in a crop around the largest face that YuNet finds."""

    def follow(picture: Picture) -> Seen:
        face = faces.largest(picture)
        if face is None:
            return Seen(whole(None, picture), picture)
        alpha = matter.matte(picture, face.square(SIDE))
        return Seen(alpha, dye_all.dye(picture, alpha, look_of(LOOK)))

    return follow
