"""The catalogue of named shades."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Shade:
    """A named hair colour: ``color`` is ``#rrggbb`` in sRGB, ``family`` groups the catalogue."""

    name: str
    title: str
    family: str
    color: str


SHADES: tuple[Shade, ...] = (
    Shade("jet-black", "Jet black", "black", "#14110f"),
    Shade("soft-black", "Soft black", "black", "#231d1b"),
    Shade("blue-black", "Blue black", "black", "#161a26"),
    Shade("espresso", "Espresso", "brown", "#2f211b"),
    Shade("dark-brown", "Dark brown", "brown", "#3d2a20"),
    Shade("chocolate", "Chocolate", "brown", "#4e3326"),
    Shade("chestnut", "Chestnut", "brown", "#643d2a"),
    Shade("caramel", "Caramel", "brown", "#95623b"),
    Shade("ash-brown", "Ash brown", "brown", "#5c4c42"),
    Shade("light-brown", "Light brown", "brown", "#7f5b41"),
    Shade("dark-blonde", "Dark blonde", "blonde", "#a17c53"),
    Shade("honey", "Honey", "blonde", "#bd8d54"),
    Shade("golden-blonde", "Golden blonde", "blonde", "#d2a964"),
    Shade("beige-blonde", "Beige blonde", "blonde", "#cdb088"),
    Shade("ash-blonde", "Ash blonde", "blonde", "#b7a78f"),
    Shade("platinum", "Platinum", "blonde", "#e3d8c3"),
    Shade("strawberry-blonde", "Strawberry blonde", "red", "#cc8a5e"),
    Shade("ginger", "Ginger", "red", "#b85c2a"),
    Shade("copper", "Copper", "red", "#a64b23"),
    Shade("auburn", "Auburn", "red", "#73301d"),
    Shade("mahogany", "Mahogany", "red", "#552422"),
    Shade("cherry", "Cherry", "red", "#86182c"),
    Shade("burgundy", "Burgundy", "red", "#5a1a2b"),
    Shade("silver", "Silver", "grey", "#bfc1c4"),
    Shade("steel", "Steel", "grey", "#7d838a"),
    Shade("white", "White", "grey", "#ece9e4"),
    Shade("pastel-pink", "Pastel pink", "fashion", "#eab2c0"),
    Shade("hot-pink", "Hot pink", "fashion", "#d93a83"),
    Shade("lavender", "Lavender", "fashion", "#b09ad0"),
    Shade("violet", "Violet", "fashion", "#64359a"),
    Shade("royal-blue", "Royal blue", "fashion", "#2747a6"),
    Shade("teal", "Teal", "fashion", "#1d7d82"),
    Shade("mint", "Mint", "fashion", "#93d3ba"),
    Shade("emerald", "Emerald", "fashion", "#1f7e50"),
)


@cache
def _by_name() -> dict[str, Shade]:
    return {shade.name: shade for shade in SHADES}


def find_shade(name: str) -> Shade | None:
    """The shade of that name, written in any case and with spaces or hyphens; None if unknown."""
    return _by_name().get("-".join(name.lower().replace("_", " ").replace("-", " ").split()))
