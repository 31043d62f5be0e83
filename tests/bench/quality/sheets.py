"""Part ``sheets``: before, matte and after, at full size, to be looked at by people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from media.frame import Picture
from processing.engine import PhotoError
from processing.look import Bgr, Highlights, Look, Ombre, bgr_of
from processing.shades import find_shade
from tests.bench.quality import contact, groups
from tests.bench.quality.colour import SIDE, look_of
from tests.bench.quality.options import Options
from tests.bench.quality.report import Report
from tests.bench.quality.subject import Dyer, Matter
from tests.bench.quality.truth import TruthSet, read_picture, write_picture

ROWS, CELL_PX = 2, 480
PHOTO = "long-blonde-photo.jpg"
NOTES = """\
Before, matte and after, as the engine does it by itself, head finding included; two pictures a \
sheet. Look at each of them at full size:"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A look and the pictures that it is put on."""

    look: Look
    names: tuple[str, ...]


def run(options: Options, matter: Matter, dyer: Dyer) -> Report:
    """Two sheets for each look; a photo that the engine refuses is told in its place."""
    lines = list[str]()
    for title, subject in subjects(read_picture(options.media / PHOTO)).items():
        try:
            cells = _cells(options.truth(), subject, matter, dyer)
        except PhotoError as error:
            lines.append(f"- {title}: not drawn: {error}")
            continue
        for number, page in enumerate(contact.pages(cells, 3, ROWS)):
            path = options.out / f"sheet-{title.replace(' ', '-')}-{number}.png"
            write_picture(path, page)
            lines.append(f"- {path.name}")
    return Report("sheets", "\n".join([NOTES, "", *lines]), {"sheets": lines})


def _cells(truth: TruthSet, subject: Subject, matter: Matter, dyer: Dyer) -> list[Picture]:
    cells = []
    for name in subject.names:
        true = truth.load(name)
        alpha = matter.matte(true.picture, true.face.square(SIDE))
        after = dyer.dye(true.picture, alpha, subject.look)
        pictures = {name: true.picture, "matte": contact.grey(alpha), "after": after}
        cells += [contact.cell(picture, label, CELL_PX) for label, picture in pictures.items()]
    return cells


def subjects(photo: Picture) -> Mapping[str, Subject]:
    """By title. Plain colours go on all kinds of hair, what changes along the hair on long hair."""
    black, brown, blonde, grey = (
        groups.SOURCES[source] for source in ("black", "dark brown", "blonde", "grey")
    )
    mixed = (brown[0], groups.LONG_HAIR[0], blonde[-2], grey[1])
    ombre = Ombre(tips=_color("platinum"), roots=_color("dark-brown"))
    highlights = Highlights(_color("caramel"), 0.4)
    plain = Look(engine="natural")
    return {
        "dark to platinum": Subject(look_of("platinum"), (*black[:2], brown[0], brown[-1])),
        "blonde to black": Subject(look_of("jet-black"), blonde[2:6]),
        "grey to copper": Subject(look_of("copper"), grey[:4]),
        "blue": Subject(look_of("royal-blue"), mixed),
        "pastel pink": Subject(look_of("pastel-pink"), mixed),
        "ombre": Subject(replace(plain, ombre=ombre), groups.LONG_HAIR),
        "highlights": Subject(replace(plain, highlights=highlights), groups.LONG_HAIR),
        "reference photo": Subject(plain.with_color_photo(photo), mixed),
    }


def _color(name: str) -> Bgr:
    shade = find_shade(name)
    assert shade is not None, name
    return bgr_of(shade.color)
