"""How long a job will take, by how long the last ones took."""

import math
from typing import Final

from storage.results import Workload

START_S: Final = 1.0
"""Until a job is taken up and has begun."""
EXPECTED_MPX_PER_S: Final = 25.0
"""Before anything was measured: million pixels a second on two slow cores."""
EXPECTED_WEIGHT_S: Final = 5.0
"""The expectation counts as much as so many seconds of measuring."""
EXPECTED_EDIT_S: Final = 10.0
"""A picture's way through the cloud, as long as no model has to be started there."""

CARRIED_TIMES: Final = 3.0
"""A film with keyframes, which is looked through before, and to whose frames hair is carried, is so
many times the work (7 to 30 frames of 0.3 million pixels in a second)."""


def pace_mpx_per_s(load: Workload) -> float:
    """How many million pixels of film one worker changes in a second."""
    expected_mpx = EXPECTED_MPX_PER_S * EXPECTED_WEIGHT_S
    return (load.done_mpx + expected_mpx) / (load.done_s + EXPECTED_WEIGHT_S)


def worked_mpx(film_mpx: float, pictures: int) -> float:
    """As much work as so much of a film is, of which so many pictures are edited in the cloud."""
    return film_mpx * (CARRIED_TIMES if pictures else 1.0)


def edited_s(pictures: int, places: int) -> float:
    """Seconds until so many pictures are edited in the cloud."""
    return EXPECTED_EDIT_S * math.ceil(pictures / places)


def estimated_s(
    load: Workload, ahead_mpx: float, own_mpx: float, places: int, away_s: float = 0.0
) -> int:
    """Whole seconds, at least one, until a job is done that has ``own_mpx`` left when those ahead
    of it, which have ``ahead_mpx`` together, are worked on at ``places``; ``away_s`` of them it
    waits for the cloud."""
    seconds = START_S + (ahead_mpx / places + own_mpx) / pace_mpx_per_s(load) + away_s
    return max(1, math.ceil(seconds))
