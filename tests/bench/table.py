"""Tables of plain text that are Markdown too. Pure."""

from collections.abc import Mapping, Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be; the first one to the left, figures to the right."""
    widths = [max(len(line[column]) for line in (heads, *rows)) for column in range(len(heads))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(cells, widths) for cells in (heads, rule, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *others])} |"


def verdict(holds: bool, claim: str) -> str:
    """One line for something that was wanted."""
    return f"{'ok    ' if holds else 'MISSED'}  {claim}"


def counts(named: Mapping[str, int]) -> str:
    """``late 3, stale 1``, or ``-`` for none."""
    return ", ".join(f"{name} {count}" for name, count in named.items()) or "-"


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{share * 100:.0f} %"


def megabytes(size_bytes: float) -> str:
    """Bytes in units of 1024 x 1024."""
    return f"{size_bytes / 1024**2:.0f}"
