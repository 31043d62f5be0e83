"""What the tables of the README and its pages must say, by the code; and what they do say."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from media.frame import DropCause
from server.errors import CloseCode, ErrorCode
from server.metrics.meters import Meters
from server.routes import API, told
from server.settings import Settings
from server.storage_settings import ENV_PREFIX

ROOT = Path(__file__).parents[1]
UNKNOWN = "…"
"""Stands in a rendered table where the README does not say yet what a row means."""


ROOMS = ("media", "processing", "storage", "server", "deploy")
SOURCES = {".py", ".js", ".json", ".yaml", ".yml", ".conf", ".toml", ".example", ".env"}


def readme_text(*more: str) -> str:
    """The README, the pages that it links to, and ``more``."""
    pages = [ROOT / "README.md", *sorted((ROOT / "server" / "docs").glob("*.md"))]
    pages += [ROOT / page for page in ("processing/README.md", *more)]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def quoted() -> set[str]:
    """All that stands in backquotes, there and in the pages about deploying and the client; what
    is broken over two lines is one."""
    pages = ("deploy/README.md", "deploy/kubernetes/README.md", "server/page/client/README.md")
    text = re.sub(r"^    .*$", "", readme_text(*pages), flags=re.MULTILINE)
    # One at a time: a lone backquote spoils no other paragraph, and no other row.
    parts = re.split(r"\n\s*\n|\n(?=[|])", text)
    found = (name for part in parts for name in re.findall(r"`([^`]+)`", part))
    return {" ".join(name.split()) for name in found}


def words_of_the_code() -> set[str]:
    """Every name in the rooms' sources."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*"))
    texts = (path.read_text(encoding="utf-8") for path in files if path.suffix in SOURCES)
    return {word for text in texts for word in re.findall(r"\w+", text)}


def meters() -> set[str]:
    """The names of our own meters, as they are scraped."""
    return {row[0].strip("`") for row in rows(meters_table())}


def addresses() -> set[str]:
    """``GET /api/hair-tryOn/user/{}/tier`` and all the others."""
    return {address(f"{one.route.method} {one.route.path}") for one in told()}


def address(text: str) -> str:
    """A method and a path, of which the API's may be left out, as ``addresses`` has them."""
    method, path = text.partition("?")[0].split(" ")
    whole = path if path.startswith("/") else f"{API}/{path}"
    return f"{method} {re.sub(r'{[^}]*}', '{}', whole)}"


def section(title: str, text: str | None = None) -> str:
    """What stands under a heading, up to the next heading of any level; empty if there is none."""
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)",
        readme_text() if text is None else text,
        re.MULTILINE | re.DOTALL,
    )
    return found.group(1) if found else ""


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, without headings and rules."""
    lines = [line.strip() for line in text.splitlines()]
    tables = [line for line in lines if line.startswith("|") and line.endswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split(" | ")] for line in tables]
    return [row for row in cells if row[0].startswith("`")]


def meanings(title: str) -> dict[str, str]:
    """First cell, without its backquotes, to second cell, of the rows under a heading."""
    return {row[0].strip("`"): row[1] if len(row) > 1 else "" for row in rows(section(title))}


def settings_table() -> str:
    """The table of all settings, in the order in which ``Settings`` has them."""
    head = "| Variable | Flag | Default | Meaning |\n|---|---|---|---|\n"
    return head + "\n".join(_setting(*item) for item in Settings.model_fields.items())


def drops_table() -> str:
    """The table of drop causes, with the README's own words where it has them."""
    return _table("Cause", (cause.value for cause in DropCause), "Why a frame is dropped")


def errors_table() -> str:
    """The table of error codes, with the README's own words where it has them."""
    return _table("Code", _values(ErrorCode), "Error codes")


def closes_table() -> str:
    """The table of closing codes, with the README's own words where it has them."""
    return _table("Code", _values(CloseCode), "Closing codes")


def meters_table() -> str:
    """The table of our own meters, with the README's own words where it has them."""
    counters = {"counter": "_total"}
    families = Meters().registry.collect()
    ours = [one for one in families if one.name.startswith("hair_tryon_")]
    return _table("Name", (one.name + counters.get(one.type, "") for one in ours), "Metrics")


def dependencies_table() -> str:
    """The table of direct dependencies, with the README's own words where it has them."""
    return _table("Library", direct_dependencies(), "Why these libraries")


def direct_dependencies() -> list[str]:
    """The names of what the service itself needs, from ``pyproject.toml``."""
    project: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in project["dependencies"]]


def make_targets() -> set[str]:
    """The targets that ``make help`` lists."""
    makefile = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def _values(codes: type[Enum]) -> list[str]:
    return [str(code.value) for code in codes]


def _table(heading: str, names: Iterable[str], title: str) -> str:
    known = meanings(title)
    lines = [f"| `{name}` | {known.get(name, UNKNOWN)} |" for name in names]
    return "\n".join([f"| {heading} | Meaning |", "|---|---|", *lines])


def _setting(name: str, field: FieldInfo) -> str:
    flag = name.replace("_", "-")
    return (
        f"| `{ENV_PREFIX}{name.upper()}` | `--{flag}` | {_default(field)} | {field.description} |"
    )


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "by the machine"
    if field.default is None or str(field.default) == "":
        return "none"
    value = field.default
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
