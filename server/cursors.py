"""Places in a list as clients carry them from page to page: opaque text, made and read here."""

import base64
import binascii
import re
from typing import Final

from storage.moments import from_ms, to_ms
from storage.results import Cursor

_FORM: Final = re.compile(r"(-?[0-9]{1,15}) ([!-~]{1,64})")


def cursor_text(cursor: Cursor) -> str:
    """The place as text for an address."""
    moment_ms = to_ms(cursor.created_at)
    return base64.urlsafe_b64encode(f"{moment_ms} {cursor.id}".encode()).decode()


def read_cursor(text: str) -> Cursor:
    """Raises ValueError for what was not made by ``cursor_text``."""
    found = _FORM.fullmatch(_decoded(text))
    try:
        if found is not None:
            return Cursor(from_ms(int(found[1])), found[2])
    except OverflowError:
        pass  # a moment that no calendar has
    raise ValueError("is no cursor of a list")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
