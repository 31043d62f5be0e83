"""What ``make load`` writes down: answers by time, what the service holds, verdicts and plots."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.load.chart import Chart, nice_step
from tests.load.generator import LoadPlan
from tests.load.recorder import CONNECT, FILM, FRAME, LOOK, Record, Recorder
from tests.load.report import page
from tests.load.runs import Outcome
from tests.load.verdicts import Verdict, facts, of_load, of_soak
from tests.load.vitals import Vitals, cores, memory_drift

ALL = (CONNECT, LOOK, "GET history", FILM)
PLAN = LoadPlan(30.0, 6, 5.0, 30.0, 20.0, 1.0)
CALM = Vitals(0.0, 200.0, 10.0, 0.0, 60, 20, 0, 30, 0)


def record() -> Record:
    """Three slots of a second, of which the last is not over."""
    recorder = Recorder(began_s=100.0, slot_s=1.0)
    for number in range(10):
        recorder.note(FRAME, 100.05 + number / 10, 10.0 * (number + 1))
    recorder.note(FRAME, 101.5, 500.0, error="WentWrong <failed>")
    recorder.note("dropped: late", 101.6, 300.0)
    recorder.note(FRAME, 102.1, 20.0)
    return recorder.record(ended_s=102.5)


def full_record(dropped: int, *names: str) -> Record:
    """A hundred frames were taken, of which so many were dropped; of the others each came."""
    recorder = Recorder(began_s=0.0, slot_s=1.0)
    for number in range(100):
        recorder.note("dropped: late" if number < dropped else FRAME, number / 100, 50.0)
    for name in names:
        recorder.note(name, 0.5, 10.0)
    return recorder.record(ended_s=1.0)


def outcome(*memory_mib: float) -> Outcome:
    """A run with a look every ten seconds, in which so much was held."""
    samples = [
        replace(CALM, at_s=10.0 * number, memory_mib=mib, cpu_s=10.0 + 5 * number, handles=90)
        for number, mib in enumerate(memory_mib)
    ]
    return Outcome(PLAN, 50.0, full_record(5, *ALL), samples, before=CALM, after=CALM, exit_code=0)


def missed(verdicts: list[Verdict]) -> list[str]:
    """The first words of what does not hold."""
    return [one.claim.split(" ")[0] for one in verdicts if not one.holds]


def test_answers_are_booked_by_slots() -> None:
    """Nearest-rank percentiles, rates and failures; the slot that is not over has no row."""
    first, second = record().of(FRAME)
    assert (first.at_s, first.count, first.failed, first.per_s) == (0.0, 10, 0, 10.0)
    assert (first.p50_ms, first.max_ms) == (60.0, 100.0)
    assert (second.at_s, second.count, second.failed) == (1.0, 1, 1)


def test_totals_have_all() -> None:
    """And read the same after they were kept; of a name that was not there they are zeros."""
    kept = Record.from_json(record().to_json())
    assert kept == record()
    assert (kept.total(FRAME).count, kept.total(FRAME).seconds, kept.dropped) == (12, 2.5, 1)
    assert kept.total("connect").per_s == 0.0
    assert kept.errors == {f"{FRAME}: WentWrong <failed>": 1}


@pytest.mark.parametrize(("least", "step"), [(0, 1), (0.7, 1), (1.2, 2), (21, 50), (600, 1000)])
def test_steps_of_a_scale_are_round(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)


def test_a_chart_is_sound_xml() -> None:
    """A line for each name that has points, within the picture."""
    chart = Chart("a < b", 10.0, {"one": [(0.0, 0.0), (10.0, 7.0)], "none": []})
    root = ElementTree.fromstring(chart.svg())
    (line,) = root.findall("{*}polyline")
    corners = [tuple(map(float, one.split(","))) for one in line.attrib["points"].split()]
    assert corners[0][0] < corners[1][0] < 720
    assert 0 < corners[1][1] < corners[0][1] < 240


def test_memory_is_compared_by_thirds() -> None:
    """What is in between does not count."""
    samples = outcome(100, 100, 900, 900, 104, 104).samples
    assert memory_drift(samples) == pytest.approx(0.04)
    assert cores(samples)[0] == (10.0, 0.5)


def test_what_grows_is_found() -> None:
    """Memory above 5 %, and handles that are not given back; failures are found in each run."""
    good, grows = outcome(100, 100, 104), outcome(100, 100, 106)
    leaks = replace(good, after=replace(CALM, handles=70, threads=24))
    stays = replace(good, after=replace(CALM, children=2))
    assert missed(of_soak(good)) == []
    assert missed(of_soak(grows)) == ["memory"]
    assert missed(of_soak(leaks)) == ["handles:"]
    assert missed(of_soak(stays)) == ["children:"]
    assert missed(of_load(replace(good, record=record(), exit_code=1))) == ["answered:", "1", "the"]


def test_who_came_was_answered() -> None:
    """Of each kind somebody, where somebody was to come; frames that are dropped are not."""
    good = outcome(100, 100, 104)
    quiet = replace(PLAN, visitors_per_minute=0.0)
    live_alone = replace(good, record=full_record(5, CONNECT, LOOK), plan=quiet)
    shut = replace(good, record=full_record(0, CONNECT, LOOK, FILM))
    assert missed(of_soak(live_alone)) == []
    assert missed(of_load(shut)) == ["answered:"]
    assert missed(of_soak(replace(good, record=full_record(6, *ALL)))) == ["6.0%"]
    assert missed(of_load(replace(good, record=full_record(100, *ALL)))) == ["answered:"]
    assert missed(of_soak(replace(good, record=full_record(0, *ALL[:-1])))) == ["0"]
    assert missed(of_load(replace(good, record=full_record(0)))) == ["answered:"]


def test_the_page_has_what_was_said() -> None:
    """Escaped, with all the plots."""
    run = replace(outcome(100, 100, 104), record=record())
    said = page("soak", facts(run, 1.5), of_soak(run), run)
    assert "capacity 50" in said
    assert "WentWrong &lt;failed&gt;" in said
    assert said.count("<svg") == 9
