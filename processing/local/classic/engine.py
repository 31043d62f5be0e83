"""The classic engine: what it applies and how it goes about one frame."""

from media.frame import Picture
from processing.engine import Advice, Rendered
from processing.local.classic.blend import HAIR_SOURCE_WEIGHT, WHOLE_SOURCE_WEIGHT, blend, fit
from processing.local.classic.box import hair_box, whole_of
from processing.local.classic.haar import HaarDetector
from processing.local.classic.hsv import HsvTable, color_table, photo_table, tint
from processing.local.classic.track import FaceDetector, FaceTracker
from processing.local.laps import Laps
from processing.local.memo import PhotoMemo
from processing.look import Look

FITTED_KEPT_MAX_BYTES = 3 * 1920 * 1080
"""A style photo stretched to a larger frame than this is made anew each time, not kept."""


class ClassicStyler:
    """One client's face, followed from frame to frame, and its photos made ready for use."""

    def __init__(self, detector: FaceDetector) -> None:
        self._tracker = FaceTracker(detector)
        self._styles = PhotoMemo[Picture]()
        self._tables = PhotoMemo[HsvTable]()

    def render(self, picture: Picture, look: Look, _pressure: float = 0.0, /) -> Rendered:
        """Blend the style photo in, then colour, in the box above the face.

        Without a face both are done to the whole picture. Outside the box the result is the
        picture given, bit for bit. There is no cheaper way, so that the pressure is ignored.
        """
        laps = Laps()
        face = self._tracker.update(picture)
        laps.end("head")
        box = whole_of(picture) if face is None else hair_box(face, picture)
        result = picture.copy()
        region = box.cut(result)
        if look.style is not None and box.area_px:
            weight = WHOLE_SOURCE_WEIGHT if face is None else HAIR_SOURCE_WEIGHT
            region[:] = blend(region, box.cut(self._fitted(look.style, picture)), weight)
            laps.end("style")
        table = self._table(look)
        if table is not None and box.area_px:
            region[:] = tint(region, table)
            laps.end("colour")
        if look.intensity < 1 and box.area_px:
            region[:] = blend(box.cut(picture), region, 1 - look.intensity)
        heads = self._tracker.heads
        advice = (Advice.NO_HEAD,) if heads == 0 else ()
        return Rendered(result, heads, laps.stage_ms, advice)

    def _fitted(self, style: Picture, picture: Picture) -> Picture:
        if picture.nbytes > FITTED_KEPT_MAX_BYTES:
            return fit(style, picture)
        return self._styles.get(style, picture.shape, lambda: fit(style, picture))

    def _table(self, look: Look) -> HsvTable | None:
        photo = look.color_photo
        if photo is not None:
            return self._tables.get(photo, None, lambda: photo_table(photo))
        return None if look.color is None else color_table(look.color)


class ClassicEngine:
    """The way of changing hair that needs nothing but OpenCV; shared by all clients."""

    def __init__(self, name: str = "classic") -> None:
        self.name = name
        self._detector = HaarDetector()

    def open(self) -> ClassicStyler:
        """State for a new client; loads nothing yet."""
        return ClassicStyler(self._detector)

    def open_film(self) -> ClassicStyler:
        """The same: a frame costs so little that all of a film are processed fully."""
        return self.open()

    def applies(self, look: Look) -> tuple[str, ...]:
        """``style`` for a style photo, ``color`` for a colour or a colour photo."""
        style = ("style",) if look.style is not None else ()
        colored = look.color is not None or look.color_photo is not None
        return (*style, "color") if colored else style

    def check_photo(self, photo: Picture) -> None:
        """Every photo will do: it is laid over the picture as it is, or its mean colour taken."""

    def retouch(self, photo: Picture, look: Look, /) -> Rendered:
        """As the first frame of a client."""
        return self.open().render(photo, look)

    def warm_up(self) -> None:
        """Load what the calling thread needs, so that its first frame need not wait for it."""
        self._detector.warm_up()
