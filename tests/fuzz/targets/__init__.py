"""All parsers of what strangers send."""

from typing import Final

from tests.fuzz.target import Target
from tests.fuzz.targets import addresses, cloud, doors, live, pictures, records, rtc

TARGETS: Final[tuple[Target, ...]] = (
    *live.TARGETS,
    *rtc.TARGETS,
    *pictures.TARGETS,
    *doors.TARGETS,
    *addresses.TARGETS,
    *records.TARGETS,
    *cloud.TARGETS,
)
