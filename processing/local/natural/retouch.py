"""Hair dyed in a photo: every head is looked at for as long as it takes."""

from media.frame import Picture
from processing.engine import Rendered
from processing.local.laps import Laps
from processing.local.natural.coach import advise
from processing.local.natural.dye import Dye
from processing.local.natural.heads import Finder
from processing.local.natural.model import Segmenter
from processing.local.natural.recolour import Colourist
from processing.local.natural.still import mattes_of, study_all
from processing.local.natural.view import View


def retouched(photo: Picture, dye: Dye, finder: Finder, segmenter: Segmenter) -> Rendered:
    """The photo, BGR (height, width, 3), with the hair of every head dyed; what is no hair stays
    as it is, bit for bit."""
    laps, view = Laps(), View(photo)
    stills = study_all(view, finder, segmenter)
    laps.end("hair")
    mattes = mattes_of(view, stills)
    laps.end("matte")
    for still, matte in zip(stills, mattes, strict=True):
        if matte is not None and not dye.is_empty:
            face = (still.head.cx, still.head.cy, still.head.height)
            view = View(Colourist().apply(view, matte, dye, face))
    laps.end("colour")
    heads = [still.head for still in stills]
    return Rendered(view.picture, len(heads), laps.stage_ms, advise(photo, heads))
