"""What a part of the bench found: figures as JSON, and the same for people as Markdown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Report:
    """``text`` is Markdown without a heading; ``figures`` is whatever JSON can hold."""

    part: str
    text: str
    figures: Mapping[str, Any]


def write(report: Report, folder: Path) -> None:
    """Write the part's own files, and ``figures.*`` of all the parts that lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = folder / "parts"
    parts.mkdir(exist_ok=True)
    text = f"## {report.part}\n\n{report.text}\n"
    (parts / f"{report.part}.md").write_text(text, encoding="utf-8")
    (parts / f"{report.part}.json").write_bytes(_json(report.figures))
    texts = [path.read_text(encoding="utf-8") for path in sorted(parts.glob("*.md"))]
    (folder / "figures.md").write_text("\n".join(texts), encoding="utf-8")
    figures = {path.stem: orjson.loads(path.read_bytes()) for path in sorted(parts.glob("*.json"))}
    (folder / "figures.json").write_bytes(_json(figures))


def _json(figures: Mapping[str, Any]) -> bytes:
    return orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)


def figure(value: float, digits: int = 3) -> str:
    """A number for a table; ``-`` for nan."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
