"""Carries the look of a film's keyframes to all of its frames."""

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.cloud.carry.fit import Fit, Fitter
from processing.cloud.carry.ground import Ground
from processing.cloud.carry.key import Key
from processing.cloud.carry.lay import Frame, laid, mixed
from processing.cloud.carry.layer import Layer, Warp, place_of
from processing.cloud.carry.likeness import features, likeness
from processing.cloud.carry.mixer import Mixer
from processing.cloud.carry.planes import whole
from processing.cloud.paste.affine import Affine
from processing.local.natural.effort import SAMPLED
from processing.local.natural.engine import mattes_of
from processing.local.natural.hair_track import HairTrack
from processing.local.natural.heads import Finder, Head
from processing.local.natural.model import Segmenter
from processing.local.natural.planes import Bytes, Floats
from processing.local.natural.tracker import HeadTracker
from processing.local.natural.view import View

AHEAD: Final = 4
"""Frames that are looked at before one is changed: where the look is to fade it begins so early."""
MARGIN_HEIGHTS: Final = 0.15
SAME: Final = 0.6
"""A head whose features are so much like a keyframe's is the one that was edited, and it stays so
when it turns away."""


@dataclass(frozen=True, slots=True, eq=False)
class _Carried:
    """One keyframe in one frame."""

    key: Key
    fit: Fit
    share: float
    ground: tuple[Floats, Affine] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A frame, its head and that head's matte, and the keyframes that fit it."""

    view: View
    scene: int
    head: Head | None
    alpha: Bytes
    carried: tuple[_Carried, ...] = ()

    @property
    def quality(self) -> float:
        """How far the keyframes are to be trusted, 0 to 1. Where only colours change, the shape is
        the frame's own."""
        return sum(
            one.share * (one.fit.quality if one.key.reshapes else 1.0) for one in self.carried
        )

    def fit_of(self, key: Key) -> Fit | None:
        """That keyframe's."""
        return next((one.fit for one in self.carried if one.key is key), None)


class Carrier:
    """Changes the frames of one film, one after the other. ``cuts`` says which frames begin another
    scene; a keyframe counts in its own scene alone."""

    def __init__(
        self, keys: Sequence[Key], cuts: NDArray[np.bool_], finder: Finder, segmenter: Segmenter
    ) -> None:
        self._scenes = np.cumsum(cuts)
        self._fitters = {key.index: Fitter(key) for key in keys}
        self._grounds = {key.index: Ground(key) for key in keys if key.bares}
        self._eyes = finder, segmenter
        self._tracker = HeadTracker(finder, segmenter)
        self._mixer = Mixer()
        self._track: HairTrack | None = None
        self._scene = -1

    def carried(self, pictures: Iterable[Picture]) -> Generator[Picture, None, None]:
        """The same frames with the keyframes' hair, a few of them in memory at a time."""
        window = deque[_Seen](maxlen=2 * AHEAD + 1)
        waiting = 0
        for index, picture in enumerate(pictures):
            window.append(self._see(index, picture))
            waiting += 1
            if waiting > AHEAD:
                yield _changed(window, len(window) - waiting)
                waiting -= 1
        while waiting:
            yield _changed(window, len(window) - waiting)
            waiting -= 1

    def _see(self, index: int, picture: Picture) -> _Seen:
        view, scene = View(picture), self._scene_of(index)
        if scene != self._scene:
            self._begin(scene)
        fitters = {at: of for at, of in self._fitters.items() if self._scene_of(at) == scene}
        empty = np.zeros(view.luma.shape, np.uint8)
        if not fitters:
            return _Seen(view, scene, None, empty)
        tracks = self._tracker.update(view, SAMPLED)
        track, alike = self._chosen(view, tracks, [of.key for of in fitters.values()])
        if track is None:
            return _Seen(view, scene, None, empty)
        matte = next(matte for one, matte in mattes_of(view, tracks) if one is track)
        alpha = empty if matte is None else whole(matte, view.luma.shape)
        seen = _Seen(view, scene, track.head, alpha)
        shares = self._mixer.mix(index, alike)
        return replace(seen, carried=tuple(self._fitted(seen, track.head, shares)))

    def _fitted(
        self, seen: _Seen, head: Head, shares: dict[int, float]
    ) -> Generator[_Carried, None, None]:
        for at, share in shares.items():
            fitter, ground = self._fitters[at], self._grounds.get(at)
            fit = fitter.fit(seen.view, head, seen.alpha)
            behind = None
            if ground is not None:
                behind = ground.flow(seen.view, seen.alpha), ground.to_small
            yield _Carried(fitter.key, fit, share, behind)

    def _chosen(
        self, view: View, tracks: list[HairTrack], keys: Sequence[Key]
    ) -> tuple[HairTrack | None, dict[int, float]]:
        """The head that was edited, and how like it is to the keyframes."""
        faces = {track: features(view, track.head) for track in tracks}
        alike = {
            track: {key.index: likeness(face, key.features) for key in keys}
            for track, face in faces.items()
        }
        if self._track not in alike:
            self._track = max(alike, key=lambda one: max(alike[one].values()), default=None)
            self._forget()
            if self._track is None or max(alike[self._track].values()) < SAME:
                self._track = None
                return None, {}
        return self._track, alike[self._track]

    def _scene_of(self, index: int) -> int:
        return int(self._scenes[index]) if index < len(self._scenes) else self._scene

    def _begin(self, scene: int) -> None:
        self._scene = scene
        self._tracker, self._track = HeadTracker(*self._eyes), None
        self._forget()

    def _forget(self) -> None:
        self._mixer.forget()
        for fitter in self._fitters.values():
            fitter.forget()


def _changed(window: Sequence[_Seen], at: int) -> Picture:
    """One of the frames, with its neighbours beside it."""
    seen = window[at]
    opacity = _opacity(window, at)
    if seen.head is None or not seen.carried or opacity <= 0:
        return seen.view.picture
    fits = [(one, _calm(window, at, one, seen.head)) for one in seen.carried]
    wholes = [(one.key, fit) for one, fit in fits]
    place = place_of(seen.alpha, seen.head, wholes, MARGIN_HEIGHTS)
    total = sum(one.share for one, _ in fits)
    layers = list[tuple[float, Layer]]()
    for one, fit in fits:
        layer = Warp(one.key, fit, place).layer(one.ground, seen.head)
        layers.append((one.share / total, layer))
    frame = Frame(seen.view.picture, seen.head, seen.alpha)
    return laid(frame, mixed(layers), place, opacity)


def _calm(window: Sequence[_Seen], at: int, one: _Carried, head: Head) -> Fit:
    beside = [
        window[near].fit_of(one.key)
        if 0 <= near < len(window) and window[near].scene == window[at].scene
        else None
        for near in (at - 1, at + 1)
    ]
    return one.fit.calmed(beside[0], beside[1], head)


def _opacity(window: Sequence[_Seen], at: int) -> float:
    """How far the look is laid in: less already before a frame on which it is not to be trusted,
    and still after it, so that nothing jumps."""
    scene, half = window[at].scene, AHEAD // 2
    seen = [one.quality if one.scene == scene else 1.0 for one in window]
    least = [
        min(seen[max(0, middle - half) : middle + half + 1])
        for middle in range(max(0, at - half), min(len(seen), at + half + 1))
    ]
    return float(np.mean(least))
