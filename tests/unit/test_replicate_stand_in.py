"""The stand-in's predictions, over time."""

from dataclasses import replace
from math import inf

import pytest

from tests.fakes import EPOCH
from tests.replicate.predictions import KEPT_S, Course, Prediction, seconds_of

SLOW = Prediction(
    id="p1",
    model="owner/name",
    version="hidden",
    input={"photo": "data:"},
    course=Course(starts_after_s=10.0, runs_s=5.0, output="https://out"),
    created_s=100.0,
    created=EPOCH,
)


@pytest.mark.parametrize(
    ("prediction", "statuses"),
    [
        (SLOW, ["starting", "processing", "succeeded"]),
        (SLOW.cancelled(105.0), ["canceled", "canceled", "canceled"]),
        (SLOW.cancelled(112.0), ["starting", "canceled", "canceled"]),
        (SLOW.cancelled(115.0), ["starting", "processing", "succeeded"]),
        (replace(SLOW, cancel_after_s=5.0), ["aborted", "aborted", "aborted"]),
        (replace(SLOW, cancel_after_s=11.0), ["starting", "canceled", "canceled"]),
        (replace(SLOW, cancel_after_s=20.0), ["starting", "processing", "succeeded"]),
        (replace(SLOW, course=Course(starts_after_s=inf)), ["starting"] * 3),
        (replace(SLOW, course=Course(status="failed")), ["failed"] * 3),
    ],
)
def test_statuses(prediction: Prediction, statuses: list[str]) -> None:
    """At 105, 112 and 120 seconds, of one that starts at 110 and ends at 115."""
    assert [prediction.status(now_s) for now_s in (105.0, 112.0, 120.0)] == statuses


def test_only_what_ran_is_billed() -> None:
    """What was cancelled or aborted before it started costs nothing."""
    assert not SLOW.has_started(109.0)
    assert SLOW.has_started(110.0)
    assert not SLOW.cancelled(105.0).has_started(120.0)
    assert SLOW.cancelled(112.0).has_started(120.0)
    assert not replace(SLOW, course=Course(status="aborted")).has_started(120.0)


def test_data_is_removed_after_an_hour() -> None:
    """Inputs and outputs, not the prediction."""
    kept = SLOW.describe(100.0 + KEPT_S - 1.0, "http://api")
    assert (kept["input"], kept["output"]) == ({"photo": "data:"}, "https://out")
    removed = SLOW.describe(100.0 + KEPT_S, "http://api")
    assert (removed["input"], removed["output"]) == ({}, None)
    assert (removed["status"], removed["data_removed"]) == ("succeeded", True)


def test_durations() -> None:
    """As headers write them."""
    texts = ("90", "90s", "1m", "1h30m", "1h30m45s")
    assert [seconds_of(text) for text in texts] == [90.0, 90.0, 60.0, 5400.0, 5445.0]
