"""How kept files are addressed: ``/uploads/`` and the name (report section 4.1)."""

from typing import Final

ADDRESS: Final = "/uploads/"


def address_of(name: str) -> str:
    """The path under which a kept file is asked for."""
    return ADDRESS + name


def name_of(address: str) -> str:
    """The name of the kept file that is asked for under this path."""
    return address.removeprefix(ADDRESS)
