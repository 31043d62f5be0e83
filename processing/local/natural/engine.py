"""The natural engine: hair that looks dyed, on one processor core, offline."""

from media.frame import Picture
from processing.engine import PhotoError, Rendered
from processing.local.laps import Laps
from processing.local.memo import PhotoMemo
from processing.local.natural.coach import advise
from processing.local.natural.dye import Dye
from processing.local.natural.effort import BETWEEN, SAMPLED, Effort, EffortLadder
from processing.local.natural.hair_track import GRID, HairTrack
from processing.local.natural.heads import Finder, HeadFinder
from processing.local.natural.matte import Matte
from processing.local.natural.model import HairModel, Networks, Segmenter
from processing.local.natural.photo import read_hair_colour
from processing.local.natural.recolour import Colourist
from processing.local.natural.reference import HairColour
from processing.local.natural.retouch import retouched
from processing.local.natural.share import feather, shares
from processing.local.natural.tracker import HeadTracker
from processing.local.natural.view import View
from processing.look import Look


class NaturalStyler:
    """One client's heads and their hair, followed from frame to frame, and the dye in use."""

    def __init__(self, finder: Finder, segmenter: Segmenter) -> None:
        self._finder = finder
        self._segmenter = segmenter
        self._tracker = HeadTracker(finder, segmenter)
        self._ladder = EffortLadder()
        self._colourists: dict[HairTrack, Colourist] = {}
        self._photos = PhotoMemo[HairColour | None]()
        self._look: Look | None = None
        self._dye: Dye | None = None

    def render(self, picture: Picture, look: Look, pressure: float = 0.0, /) -> Rendered:
        """Dye the hair of every head. What is no hair stays as it is, bit for bit."""
        return self.render_with(picture, look, self._ladder.feel(pressure))

    def render_with(self, picture: Picture, look: Look, effort: Effort) -> Rendered:
        """The same with an effort that somebody else chose."""
        laps, view = Laps(), View(picture)
        tracks = self._tracker.update(view, effort)
        laps.end("hair")
        mattes = mattes_of(view, tracks, effort.matte_step)
        laps.end("matte")
        result = self._dyed(view, mattes, self._dye_for(look), effort.coarse)
        laps.end("colour")
        heads = [track.head for track in tracks]
        advice = advise(picture, heads)
        return Rendered(result, len(heads), laps.stage_ms, advice, effort.share)

    def _dyed(
        self, view: View, mattes: list[tuple[HairTrack, Matte | None]], dye: Dye, coarse: bool
    ) -> Picture:
        """The picture with every head's hair dyed; each head's tone is remembered by itself."""
        self._colourists = {track: self._colourist(track) for track, _ in mattes}
        if dye.is_empty:
            return view.picture
        for track, matte in mattes:
            if matte is not None:
                face = (track.head.cx, track.head.cy, track.head.height)
                view = View(self._colourists[track].apply(view, matte, dye, face, coarse))
        return view.picture

    def _colourist(self, track: HairTrack) -> Colourist:
        return self._colourists.get(track) or Colourist()

    def _dye_for(self, look: Look) -> Dye:
        if self._dye is None or look is not self._look:
            self._look, self._dye = look, Dye.of(look, self._reference(look))
        return self._dye

    def _reference(self, look: Look) -> HairColour | None:
        """The hair colour that a photo in the look gives, if it is asked for and has one."""
        photo = colour_source(look)
        return None if photo is None else self._photos.get(photo, None, lambda: self._read(photo))

    def _read(self, photo: Picture) -> HairColour | None:
        """Another engine may have accepted a photo with nothing in it to take over."""
        try:
            return read_hair_colour(photo, self._finder, self._segmenter)
        except PhotoError:
            return None


def colour_source(look: Look) -> Picture | None:
    """The photo whose hair colour is asked for: a style photo's, where there is no other colour."""
    if look.color_photo is not None or look.color is not None:
        return look.color_photo
    return look.style


def mattes_of(
    view: View, tracks: list[HairTrack], step: int = 1
) -> list[tuple[HairTrack, Matte | None]]:
    """Every head's matte; where two heads' crops overlap, hair belongs to the nearer head."""
    owned = shares([track.head for track in tracks], [track.square for track in tracks], GRID)
    result = []
    for track, own in zip(tracks, owned, strict=True):
        share = own * feather(track.square, GRID, view.luma.shape)
        result.append((track, track.matte(view, share, step)))
    return result


class NaturalFilmStyler:
    """One film's heads and their hair. Every frame is dyed; between the sampled ones the matte
    follows the picture's motion, so that nothing freezes. A new head is looked at at once."""

    def __init__(self, styler: NaturalStyler) -> None:
        self._styler = styler

    def render(self, picture: Picture, look: Look, is_sampled: bool, /) -> Rendered:
        """See FilmStyler."""
        return self._styler.render_with(picture, look, SAMPLED if is_sampled else BETWEEN)


class NaturalEngine:
    """Finds, segments, mattes and recolours hair; shared by all clients."""

    def __init__(self, networks: Networks = "all", name: str = "natural") -> None:
        self.name = name
        self._finder = HeadFinder(networks)
        self._segmenter = HairModel(networks)

    def open(self) -> NaturalStyler:
        """State for a new client; loads nothing."""
        return NaturalStyler(self._finder, self._segmenter)

    def open_film(self) -> NaturalFilmStyler:
        """State for a film; loads nothing."""
        return NaturalFilmStyler(self.open())

    def applies(self, look: Look) -> tuple[str, ...]:
        """Everything of a look; of a style photo the colour, where the look has no other."""
        parts = [part for part in look.parts if part != "style"]
        if "style" in look.parts and "color" not in parts:
            parts.insert(0, "color")
        return tuple(parts)

    def check_photo(self, photo: Picture) -> None:
        """Whether there is a head with hair in it. Raises PhotoError if not."""
        self._hair_colour(photo)

    def retouch(self, photo: Picture, look: Look, /) -> Rendered:
        """Dye the hair of every head in a photo, looked at longer and finer than a frame."""
        source = colour_source(look)
        dye = Dye.of(look, None if source is None else self._hair_colour(source))
        return retouched(photo, dye, self._finder, self._segmenter)

    def _hair_colour(self, photo: Picture) -> HairColour:
        return read_hair_colour(photo, self._finder, self._segmenter)

    def warm_up(self) -> None:
        """Load both networks, so that no frame has to wait for it."""
        self._finder.warm_up()
        self._segmenter.warm_up()
