"""Draws portraits and makes scenes of them, never the same one twice."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.frame import Picture
from processing.training.clutter import strewn
from processing.training.cover import hold_hand, hold_thing, wear_band, wear_hat, wear_scarf
from processing.training.light import move_elsewhere, photograph, recolour
from processing.training.pictures import Portrait
from processing.training.scene import Scene, frame
from processing.training.volume import fluff

MIXED_SHARE = 0.05
"""How often a second person stands in the picture."""
FLUFFED_SHARE = 0.35
"""How often there is more hair, or less, than there was."""
STREWN_SHARE = 0.25
"""How often things lie about that are no faces."""
RECOLOURED_SHARE = 0.25
MOVED_SHARE = 0.2
"""How often the background is another one."""
COVERINGS = ((wear_hat, 0.10), (wear_scarf, 0.03), (wear_band, 0.05), (hold_thing, 0.05))
HAND_SHARE = 0.08
LEAST_ODDS, ABUNDANCE_ODDS = 0.7, ((1.0, 1.3), (2.0, 4.0))
"""From how much hair on a picture is drawn how much more often; the steps add up."""
MARK_ODDS = {"hat": 0.8, "bald_ok": 2.5}
"""How much more often a picture with such a mark is drawn."""
SOURCE_ODDS = {"sfhq": 2.0, "mep/": 0.6, "twfy": 0.5, "vote": 0.6}
OTHER_SOURCES_ODDS = 1.2
"""By the first letters of a source. Synthetic portraits have the most long and curly hair and the
sharpest labels; official ones show short hair from the front, again and again."""


def odds(portraits: Sequence[Portrait]) -> NDArray[np.float64]:
    """How often each portrait is drawn, in all 1: long and full hair, coverings and bald heads
    more often than they come."""
    weights = np.array([_weight(portrait) for portrait in portraits], np.float64)
    return weights / float(weights.sum())


def _weight(portrait: Portrait) -> float:
    weight = LEAST_ODDS + sum(more for least, more in ABUNDANCE_ODDS if portrait.abundance > least)
    weight *= MARK_ODDS.get(portrait.mark or "", 1.0)
    return weight * SOURCE_ODDS.get(portrait.name[:4], OTHER_SOURCES_ODDS)


def make_scene(
    portraits: Sequence[Portrait], chosen: int, size_px: int, random: Generator
) -> Scene:
    """A crop of one portrait, dressed, lit and photographed anew."""
    other = portraits[int(random.integers(len(portraits)))]
    scene = frame(portraits[chosen], size_px, random)
    if random.random() < FLUFFED_SHARE:
        scene = fluff(scene, random)
    if random.random() < MIXED_SHARE:
        scene = _beside(scene, frame(other, size_px, random), random)
    if random.random() < STREWN_SHARE:
        scene = _cluttered(scene, random)
    if random.random() < RECOLOURED_SHARE:
        scene = recolour(scene, random)
    if random.random() < MOVED_SHARE:
        scene = move_elsewhere(scene, random, other.picture)
    for cover, chance in COVERINGS:
        if random.random() < chance:
            scene = cover(scene, random, other.picture)
    if random.random() < HAND_SHARE:
        scene = hold_hand(scene, random, _cheek(other))
    return replace(scene, picture=photograph(scene.picture, random))


def _cluttered(scene: Scene, random: Generator) -> Scene:
    """Things around the head, which are neither face nor hair."""
    x, y = scene.axes.point(0.5, 0.0)
    picture = strewn(scene.picture, random, [(x, y, 3.0 * scene.axes.depth_px)])
    changed = (picture != scene.picture).any(axis=2)
    hair = np.where(changed, 0, scene.hair).astype(np.uint8)
    face = np.where(changed, 0, scene.face).astype(np.uint8)
    weight = np.where(changed, 255, scene.weight).astype(np.uint8)
    return replace(scene, picture=picture, hair=hair, face=face, weight=weight)


def _cheek(portrait: Portrait) -> Picture:
    """The middle of a face; all of the picture where that lies outside."""
    face = portrait.faces[0]
    x, y, reach = int(face.cx), int(face.cy), max(2, int(face.width * 0.15))
    part = portrait.picture[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    return part if part.size else portrait.picture


def _beside(scene: Scene, other: Scene, random: Generator) -> Scene:
    """Two persons side by side: the second takes up one side of the crop."""
    size = len(scene.hair)
    edge = int(size * random.uniform(0.62, 0.85))
    ours = (scene.picture, scene.hair, scene.face, scene.weight)
    theirs = (other.picture, other.hair, other.face, other.weight)
    picture, hair, face, weight = (
        np.concatenate([left[:, :edge], right[:, size // 2 : size // 2 + size - edge]], axis=1)
        for left, right in zip(ours, theirs, strict=True)
    )
    return Scene(picture, hair, face, weight, scene.axes)
