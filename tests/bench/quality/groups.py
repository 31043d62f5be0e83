"""Which of the truth pictures belong to which group; found by looking at all 537 of them."""

from collections.abc import Mapping

from tests.bench.quality.truth import FIGARO, LFW


def _figaro(*frames: int) -> tuple[str, ...]:
    return tuple(f"{FIGARO}/Frame{frame:05d}" for frame in frames)


def _lfw(names: str) -> tuple[str, ...]:
    return tuple(f"{LFW}/{name}" for name in names.split())


CLASSES = ("straight", "wavy", "curly", "kinky", "braids", "dreadlocks", "short")
FRAMES_A_CLASS = 150


def figaro_class(name: str) -> str | None:
    """Figaro1k's class, 150 frames each in this order; None for a picture of another set."""
    if not name.startswith(f"{FIGARO}/"):
        return None
    return CLASSES[(int(name[-5:]) - 1) // FRAMES_A_CLASS]


BALD = (
    *_lfw(
        "Ari_Fleischer_0013 Arminio_Fraga_0002 Christian_Malcolm_0001 "
        "Enrique_Bolanos_0002 Enrique_Bolanos_0004 Eric_Rosser_0002 Ernie_Harwell_0001 "
        "Evander_Holyfield_0002 Hamid_Karzai_0001 Ibrahim_Jaafari_0002 Igor_Ivanov_0016 "
        "Jason_Kidd_0001 Jason_Kidd_0005 Joel_Todd_0001 Jose_Serra_0005 "
        "Manuel_Llorente_0001 Mike_Tyson_0003 Ricardo_Lagos_0001 Robert_Duvall_0003 "
        "Rudolph_Giuliani_0017 Terry_Hoeppner_0001 Thomas_Ulrich_0001 Zahir_Shah_0001"
    ),
)
"""The scalp is bare, or shaved to the skin; a fringe of hair may be left. The truth is right."""

COVERED = (
    *_figaro(13),
    *_lfw(
        "Carin_Koch_0001 Carlos_Ruiz_0003 Christian_Fittipaldi_0002 Craig_Doblin_0001 "
        "Gil_de_Ferran_0002 Graeme_Smith_0001 Hal_Sutton_0002 Hamid_Karzai_0002 "
        "Hamzah_Haz_0001 Juan_Pablo_Montoya_0003 Martin_Brodeur_0002 Max_Biaggi_0001 "
        "Queen_Beatrix_0002 Queen_Elizabeth_II_0011 Rainer_Schuettler_0003 Ryan_Leaf_0001 "
        "Scott_Hamilton_0001 Sebastien_Grosjean_0001 Tiger_Woods_0017 Toutai_Kefu_0001"
    ),
)
"""A hat, cap, helmet or visor. The truth leaves it out, as it should."""

BEARDED = (
    *_figaro(13, 124, 269, 296, 403, 987, 995, 1017, 1020, 1034),
    *_lfw(
        "Abdel_Nasser_Assidi_0001 Abdullah_0003 Akhmed_Zakayev_0003 Arminio_Fraga_0002 "
        "Art_Hoffmann_0001 David_Anderson_0005 Eric_Rosser_0002 Hamid_Karzai_0001 "
        "Hamid_Karzai_0002 Hiroki_Gomi_0001 Ibrahim_Jaafari_0002 Jakob_Kellenberger_0001 "
        "James_Cunningham_0001 James_Cunningham_0002 Jean-Luc_Bideau_0001 John_Ruiz_0001 "
        "Jose_Maria_Aznar_0022 Mario_Vasquez_Rana_0001 Max_Biaggi_0001 Mike_Gable_0001 "
        "Miroljub_0002 Robert_De_Niro_0001 Shafal_Mosed_0001 Taoufik_Mathlouthi_0001 "
        "Ted_Turner_0001 Zahir_Shah_0001"
    ),
)
"""A beard, moustache or dense stubble. LFW's truth calls most of them hair: not to be believed."""

STRANGERS = _figaro(13, 117, 256, 277, 715, 728, 819, 834, 894)
"""The largest face is not that of the head whose hair is outlined, or is no face at all."""

SOURCES: Mapping[str, tuple[str, ...]] = {
    "black": _figaro(91, 139, 288, 324, 401, 412, 421, 424, 494, 563, 573, 644),
    "dark brown": _figaro(251, 259, 269, 394, 407, 442, 721, 829, 902, 917, 983, 999),
    "light brown": _figaro(73, 124, 202, 268, 274, 279, 327, 355, 370, 378, 444, 463),
    "blonde": _figaro(39, 41, 74, 121, 122, 126, 131, 224, 295, 299, 386, 1042),
    "red": (
        *_figaro(112, 298, 337, 354, 381, 399, 441, 504, 530, 910, 932),
        *_lfw("Enola_Rice_0001"),
    ),
    "grey": _lfw(
        "Akhmed_Zakayev_0003 Bill_Clinton_0004 Bo_Ryan_0002 Bud_Selig_0002 "
        "Chakib_Khelil_0001 David_Ballantyne_0001 Edward_Lohn_0001 Jack_Straw_0004 "
        "Jerry_Sloan_0001 John_Manley_0007 John_Rigas_0001 Ted_Turner_0001"
    ),
}
"""Pictures by the colour of their hair: sorted by the measured colour of the core, then by eye."""

LONG_HAIR = _figaro(139, 131, 442, 344)
"""Long enough to show what runs from roots to tips: black, blonde, brown, and fair curls."""

TARGETS = (
    "jet-black",
    "chestnut",
    "copper",
    "golden-blonde",
    "platinum",
    "silver",
    "pastel-pink",
    "royal-blue",
)
"""Shades of the catalogue, from the darkest to the lightest, and two that no hair has."""
