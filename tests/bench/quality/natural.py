"""Our engine as the bench sees it."""

import numpy as np

from media.frame import Picture
from processing.local.natural import engine, still
from processing.local.natural.crop import Square
from processing.local.natural.effort import LADDER
from processing.local.natural.hair_track import HairTrack
from processing.local.natural.heads import Head, HeadFinder
from processing.local.natural.matte import Matte
from processing.local.natural.model import Segmenter
from processing.local.natural.photo import read_hair_colour
from processing.local.natural.recolour import Colourist, Dye
from processing.local.natural.view import View
from processing.look import Look
from tests.bench.quality.arrays import Alpha
from tests.bench.quality.subject import Follow, See, Seen, whole


def eyes(segmenter: Segmenter) -> See:
    """What the engine sees in a square of a photo."""
    return lambda picture, square: still.hair_in(picture, square, segmenter)


class NaturalDyer:
    """The engine's recolouring, with a given matte. Every picture is the first of a clip."""

    def __init__(self, finder: HeadFinder | None, segmenter: Segmenter) -> None:
        self._finder = finder
        self._segmenter = segmenter

    def dye(self, picture: Picture, alpha: Alpha, look: Look) -> Picture:
        """See Dyer."""
        reference = None
        if look.color_photo is not None and self._finder is not None:
            reference = read_hair_colour(look.color_photo, self._finder, self._segmenter)
        return Colourist().apply(View(picture), Matte(0, 0, alpha), Dye.of(look, reference))


class OwnCrop:
    """The engine from beginning to end: it finds the head and chooses the crop by itself."""

    name = "natural, own crop"

    def __init__(self, finder: HeadFinder, segmenter: Segmenter) -> None:
        self._finder = finder
        self._segmenter = segmenter

    def matte(self, picture: Picture, square: Square) -> Alpha:
        """See Matter: of the head that is nearest to the square's middle."""
        view = View(picture)
        stills = still.study_all(view, self._finder, self._segmenter)
        owner = min(stills, key=lambda one: _distance(one.head, square), default=None)
        mattes = zip(stills, still.mattes_of(view, stills), strict=True)
        return whole(next((matte for of, matte in mattes if of is owner), None), picture)


def mattes_of(picture: Picture, tracks: list[HairTrack]) -> list[Matte | None]:
    """Each head's matte as the engine makes it."""
    return [matte for _, matte in engine.mattes_of(View(picture), tracks)] if tracks else []


def steady(finder: HeadFinder, segmenter: Segmenter, look: Look) -> Follow:
    """The engine as it is."""
    styler = engine.NaturalStyler(finder, segmenter)

    def follow(picture: Picture) -> Seen:
        dyed = styler.render(picture, look).picture
        return Seen(_joined(picture, mattes_of(picture, styler._tracker.tracks)), dyed)

    return follow


def forgetful(finder: HeadFinder, segmenter: Segmenter, look: Look) -> Follow:
    """The engine without its temporal part: every frame is the first one. It is looked at twice,
    since the first look shows where head and hair really are."""
    dye = Dye.of(look)

    def follow(picture: Picture) -> Seen:
        tracks = [HairTrack(head) for head in finder.find(picture)]
        for track in tracks:
            for _ in range(2):
                track.look(View(picture), segmenter, LADDER[0])
        mattes = mattes_of(picture, tracks)
        dyed = picture
        for matte in mattes:
            dyed = Colourist().apply(View(dyed), matte, dye) if matte is not None else dyed
        return Seen(_joined(picture, mattes), dyed)

    return follow


def _joined(picture: Picture, mattes: list[Matte | None]) -> Alpha:
    planes = [whole(matte, picture) for matte in mattes]
    return np.maximum.reduce(planes) if planes else whole(None, picture)


def _distance(head: Head, square: Square) -> float:
    return float(np.hypot(head.cx - square.cx, head.cy - square.cy))
