"""To which groups a truth picture belongs: listed by people, told by its number, or measured."""

import numpy as np

from tests.bench.quality import groups
from tests.bench.quality.truth import Face, TruthPicture

EYES_SHARE = 0.35
"""From the front: the eyes are this share of the face's width apart, the nose between them."""
LONG_BELOW, LONG_SHARE = 0.5, 0.1
"""Long hair: a tenth of it hangs half a face's height below the chin, or lower."""
ORDER = (
    "all",
    "from the front",
    "figaro1k",
    "figaro1k own face",
    "lfw",
    "lfw without beards",
    *groups.CLASSES,
    "long",
    "bald",
    "covered",
    "no hair",
)


def groups_of(true: TruthPicture) -> tuple[str, ...]:
    """The names of all the groups that a picture belongs to, in their order.

    Bearded pictures of LFW are in no measured group, since their truth calls the beard hair.
    """
    figaro = groups.figaro_class(true.name)
    is_believed = figaro is not None or true.name not in groups.BEARDED
    told = {
        "all": True,
        "from the front": true.name not in groups.STRANGERS and is_frontal(true.face),
        "figaro1k": figaro is not None,
        "figaro1k own face": figaro is not None and true.name not in groups.STRANGERS,
        "lfw": figaro is None,
        "lfw without beards": figaro is None and is_believed,
        **{name: figaro == name for name in groups.CLASSES},
        "long": is_believed and is_long(true),
        "bald": true.name in groups.BALD,
        "covered": true.name in groups.COVERED,
        "no hair": not true.hair.any(),
    }
    return tuple(name for name in ORDER if told[name])


def is_frontal(face: Face) -> bool:
    """Whether both cheeks are seen: no profile, in which the face's ellipse is half background."""
    one, other, nose = (x for x, _ in face.points[:3])
    return abs(other - one) > EYES_SHARE * face.width and min(one, other) < nose < max(one, other)


def is_long(true: TruthPicture) -> bool:
    """Whether enough of the true hair hangs well below the chin."""
    from_row = int(true.face.top + (1 + LONG_BELOW) * true.face.height)
    below = int(np.count_nonzero(true.hair[max(0, from_row) :]))
    return below > LONG_SHARE * max(1, int(np.count_nonzero(true.hair)))
