"""What users are told before they agree: what is done with their pictures, by whom, how long."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.settings import Settings

PHOTO_TTL_S: Final = 3600.0
"""Style and colour photos are kept for an hour (report section 6.4)."""
PROCESSOR: Final = "Replicate, Inc. (replicate.com), United States"
_CLOUD: Final = (
    "Where you ask for another haircut, the part of your photo around your head, or of a few "
    "pictures of your video, and the photo whose haircut you want, are sent to Replicate, whose "
    "computers change it by a model of its maker's. Your id is not sent. Replicate deletes "
    "pictures an hour after they were made; photos that are sent to it as files are deleted when "
    "it is done, or within a day. What it made is kept here for an hour, and of a video until that "
    "is made or given up, so that it need not be made again.\n"
    "Where you describe a style, your words are sent there too. The style that is made of them is "
    "kept here, with your words, as long as changed videos, or until you delete it.\n"
    "Without this, your hair is changed at this server alone. To agree to this is not needed for "
    "anything else, and you can withdraw it at any time."
)
_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


class PurposeName(StrEnum):
    """What can be agreed to, each by itself."""

    PROCESSING = "processing"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What pictures are used for, who does it, and in plain words how; a line is a paragraph."""

    name: PurposeName
    processor: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """All that can be agreed to at this service."""

    purposes: tuple[Purpose, ...]

    @property
    def version(self) -> str:
        """Changes with every word: who has agreed has agreed to this and nothing else."""
        digest = hashlib.sha256()
        for one in self.purposes:
            digest.update(f"{one.name}\0{one.processor}\0{one.text}\0".encode())
        return digest.hexdigest()[:16]

    def has(self, name: PurposeName) -> bool:
        """Whether there is such a purpose here."""
        return any(one.name is name for one in self.purposes)


def notice_of(settings: Settings) -> Notice:
    """The notice of a service with these settings."""
    purposes = [Purpose(PurposeName.PROCESSING, "this server", _processing(settings))]
    if settings.has_cloud:
        purposes.append(Purpose(PurposeName.CLOUD, PROCESSOR, _CLOUD))
    return Notice(tuple(purposes))


def _processing(settings: Settings) -> str:
    return (
        "The pictures of your camera, and the photos and videos that you choose, are looked at to "
        "find head and hair, and the hair in them is changed. No faceprints are computed: nobody "
        "is recognised by their face. Nothing is learned from your pictures, and they are used for "
        "nothing else.\n"
        "Live pictures, and photos that are changed while you wait, are not kept. Style and colour "
        f"photos of a live picture are kept for {_span(PHOTO_TTL_S)}; what is known of it, as its "
        f"look, for {_span(settings.keep_sessions_s)} after its end. Videos are kept encrypted: "
        f"yours for {_span(settings.keep_uploads_s)}, changed ones for "
        f"{_span(settings.keep_results_s)}, photos that go with them for "
        f"{_span(settings.keep_photos_s)}. That you have agreed is kept until you withdraw it.\n"
        "You can withdraw at any time: what is under way stops, and everything of yours is erased. "
        "Only your tier, and how many videos you have ordered and what your pictures have cost "
        "in this month, are kept until the month is over, under a digest of your id. "
        "To agree to this is not to agree to anything else."
    )


def _span(seconds: float) -> str:
    """``7 days``, ``1 hour``, ``1.5 hours``."""
    unit, unit_s = next((one for one in _UNITS if seconds >= one[1]), _UNITS[-1])
    number = f"{round(seconds / unit_s, 1):g}"
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"
