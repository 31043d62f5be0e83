"""Line charts as SVG, with nothing but text. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

Point = tuple[float, float]

WIDTH_PX, HEIGHT_PX = 720, 240
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 56, 12, 34, 28
NAMESPACE: Final = "http://www.w3.org/2000/svg"
TICKS: Final = 5
COLORS: Final = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#475569")


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over so many seconds, by their names; ``title`` says what they measure."""

    title: str
    seconds: float
    lines: Mapping[str, Sequence[Point]]

    def svg(self) -> str:
        """As an element of a page."""
        lines = {name: points for name, points in self.lines.items() if points}
        all_points = [point for points in lines.values() for point in points]
        until_s = max([self.seconds, *(x for x, _ in all_points)])
        step = nice_step(max((y for _, y in all_points), default=1.0) / TICKS)
        most = step * TICKS
        title, size = escape(self.title), f"0 0 {WIDTH_PX} {HEIGHT_PX}"
        parts = [
            f'<svg xmlns="{NAMESPACE}" viewBox="{size}" role="img" aria-label="{title}">',
            f'<text x="{LEFT_PX}" y="14" class="title">{title}</text>',
            *_grid(step, until_s),
        ]
        for number, (name, points) in enumerate(lines.items()):
            color = COLORS[number % len(COLORS)]
            parts += [_line(points, until_s, most, color), _legend(number, name, color)]
        return "\n".join([*parts, "</svg>"])


def nice_step(least: float) -> float:
    """The next larger of 1, 2 and 5 times a power of ten."""
    if least <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least)


def _grid(step: float, until_s: float) -> list[str]:
    parts = []
    for tick in range(TICKS + 1):
        y = _y(tick, TICKS)
        ends = f'x1="{LEFT_PX}" x2="{WIDTH_PX - RIGHT_PX}"'
        parts += [
            f'<line {ends} y1="{y:.1f}" y2="{y:.1f}" class="grid"/>',
            f'<text x="{LEFT_PX - 6}" y="{y + 4:.1f}" class="end">{step * tick:g}</text>',
        ]
    for tick in range(TICKS + 1):
        at_s = until_s * tick / TICKS
        x = _x(at_s, until_s)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT_PX - 8}" class="middle">{at_s:.0f} s</text>')
    return parts


def _line(points: Sequence[Point], until_s: float, most: float, color: str) -> str:
    drawn = " ".join(f"{_x(x, until_s):.1f},{_y(y, most):.1f}" for x, y in points)
    return f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="1.5"/>'


def _legend(number: int, name: str, color: str) -> str:
    x = LEFT_PX + 130 * number
    return f'<text x="{x}" y="28" style="fill: {color}">{escape(name)}</text>'


def _x(at_s: float, until_s: float) -> float:
    return LEFT_PX + (WIDTH_PX - LEFT_PX - RIGHT_PX) * at_s / until_s


def _y(value: float, most: float) -> float:
    return HEIGHT_PX - BOTTOM_PX - (HEIGHT_PX - TOP_PX - BOTTOM_PX) * value / most
