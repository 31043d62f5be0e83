"""What fuzzing has found, kept so that it can be sent again."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_WORDS: Final = 8000
GIST: Final = 150
MOST_ALIKE: Final = 3
"""Of finds that end in the same words; the hundredth teaches nothing."""
_NUMBERS: Final = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Find:
    """Where something went wrong, what was seen of it, and what had been sent."""

    where: str
    what: str
    data: bytes


class Finds:
    """All finds of a run, and a folder with a file for each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: list[Find] = []

    def add(self, find: Find) -> None:
        """Keep it, unless there are enough like it."""
        alike = sum(_gist(one) == _gist(find) for one in self.all)
        if alike >= MOST_ALIKE:
            return
        self.all.append(find)
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(find.what.encode(errors="replace") + find.data).hexdigest()[:12]
        told = {
            "where": find.where,
            "what": find.what,
            "data_base64": base64.b64encode(find.data).decode(),
        }
        path = self.folder / f"{find.where}-{digest}.json"
        path.write_text(json.dumps(told, indent=1))

    def note(self, where: str, what: str, data: bytes = b"") -> None:
        """Keep what was seen, in so many words at most."""
        self.add(Find(where, what[:MOST_WORDS], data))


def _gist(find: Find) -> tuple[str, str]:
    """The end of what was seen, without numbers and ids."""
    return find.where, _NUMBERS.sub("", find.what)[-GIST:]
