"""A run as a page: what held, who was answered how, and plots over time. Pure."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final, TypeAlias

from tests.load.chart import Chart, Point
from tests.load.recorder import DROPPED, FRAME, METHODS, Record, Row
from tests.load.runs import Outcome
from tests.load.verdicts import Verdict
from tests.load.vitals import SLACK, Vitals, cores

Lines: TypeAlias = Mapping[str, Sequence[Point]]

SHOWN: Final = ("POST try-on", "POST upload-video", "GET history", "DELETE user data")
STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em;
  color: #1e293b; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; }
th, td { padding: 2px 8px; text-align: right; border-bottom: 1px solid #e2e8f0; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; margin: 1em 0; background: #fff; }
svg text { font: 11px system-ui, sans-serif; fill: #475569; }
svg .title { font-weight: 600; font-size: 13px; fill: #1e293b; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .grid { stroke: #e2e8f0; }
.ok::before { content: "ok "; color: #15803d; font-weight: 700; }
.missed::before { content: "MISSED "; color: #b91c1c; font-weight: 700; }
"""


def page(title: str, facts: Sequence[str], verdicts: Sequence[Verdict], outcome: Outcome) -> str:
    """The whole page, which needs nothing else."""
    record, seconds = outcome.record, outcome.plan.seconds
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>",
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>",
        "".join(f"<p>{escape(fact)}</p>" for fact in facts),
        "".join(_claim(one) for one in verdicts),
        _answers(record.totals),
        _errors(record.errors),
        *(Chart(title, seconds, lines).svg() for title, lines in _lines_of(outcome).items()),
    ]
    return "\n".join([*parts, "</html>\n"])


def _claim(one: Verdict) -> str:
    return f'<div class="{"ok" if one.holds else "missed"}">{escape(one.claim)}</div>'


def _answers(totals: Sequence[Row]) -> str:
    heads = ("answers", "count", "in a second", "failed", "p50 ms", "p95 ms", "p99 ms", "max ms")
    rows = [
        (row.name, f"{row.count}", f"{row.per_s:.2f}", f"{row.failed}", f"{row.p50_ms:.0f}",
         f"{row.p95_ms:.0f}", f"{row.p99_ms:.0f}", f"{row.max_ms:.0f}")
        for row in totals
    ]  # fmt: skip
    return _table(heads, rows)


def _errors(errors: dict[str, int]) -> str:
    if not errors:
        return "<p>Nothing failed.</p>"
    return _table(("what failed", "count"), [(name, str(count)) for name, count in errors.items()])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _lines_of(outcome: Outcome) -> dict[str, Lines]:
    """By the titles of their charts."""
    return _answered(outcome.record) | _held(outcome.samples)


def _answered(record: Record) -> dict[str, Lines]:
    names = dict.fromkeys(row.name for row in record.totals)
    by_http = [name for name in names if name.startswith(METHODS)]
    dropped = [name for name in names if name.startswith(DROPPED)]

    def times(name: str, field: str) -> list[Point]:
        return [(row.at_s, getattr(row, field)) for row in record.of(name)]

    return {
        "Time of a frame, ms": {
            share: times(FRAME, f"{share}_ms") for share in ("p50", "p95", "p99")
        },
        "Frames in a second": {
            "came": _rates(record, [FRAME]), "dropped": _rates(record, dropped),
        },
        "Requests by HTTP in a second": {"answered": _rates(record, by_http)},
        "Their p95, ms": {name: times(name, "p95_ms") for name in SHOWN},
        "Failures in a slot": {"failed": _failed(record)},
    }  # fmt: skip


def _held(samples: Sequence[Vitals]) -> dict[str, Lines]:
    def line(name: str) -> list[Point]:
        return [(one.at_s, float(getattr(one, name))) for one in samples]

    return {
        "Memory of the service, MiB": {"RSS": line("memory_mib")},
        "Processors in use": {
            "service, without films": cores(samples),
            "load generator": cores(samples, "load_cpu_s"),
        },
        "Live sessions": {"sessions": line("sessions")},
        "Handles, threads, tasks, children": {name: line(name) for name in SLACK},
    }


def _rates(record: Record, names: Sequence[str]) -> list[Point]:
    return _sums(record, names, lambda row: row.per_s)


def _failed(record: Record) -> list[Point]:
    names = [row.name for row in record.totals]
    return _sums(record, names, lambda row: float(row.failed))


def _sums(record: Record, names: Sequence[str], value: Callable[[Row], float]) -> list[Point]:
    """Of all these names together, with zeros where there is nothing."""
    sums = dict.fromkeys(sorted({row.at_s for row in record.slots}), 0.0)
    for row in record.slots:
        if row.name in names:
            sums[row.at_s] += value(row)
    return list(sums.items())
