"""The house rules, held by machine: who may import what, and what no module may do."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest

_ROOT: Final = Path(__file__).parents[1]
_ROOMS: Final = ("media", "processing", "server", "storage")
_MAY_IMPORT: Final = {
    "media": set[str](),
    "storage": set[str](),
    "processing": {"media"},
    "server": {"media", "processing", "storage"},
    "run": {"server"},
}
_LIBRARY_ROOMS: Final = {
    "aiortc": {"media"},
    "av": {"media"},
    "simplejpeg": {"media"},
    "PIL": {"media"},
    "cv2": {"media", "processing"},
    "sqlite3": {"storage"},
    "pymongo": {"storage"},
    "redis": {"storage"},
    "limits": {"storage"},
    "obstore": {"storage"},
    "aiohttp": {"server"},
    "prometheus_client": {"server"},
    "httpx": {"processing"},
    "replicate": {"processing"},
    "stamina": {"processing"},
}
_RUNTIME: Final = "processing/local/natural/runtime.py"
_OPEN_TRACES: Final = frozenset({"server/traces/opened.py", "server/traces/traces.py"})
"""What others import of traces."""
_MAX_LINES: Final = 300
_MAX_TEST_LINES: Final = 400
_PRINTERS: Final = {("run.py", "main"), ("server/serve.py", "_announce")}
_CONTAINERS: Final = {"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict"}
_READERS: Final = {"content", "read", "text", "json", "post", "multipart", "_payload"}
_DISPLAYS: Final = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


@dataclass(frozen=True, slots=True)
class Module:
    """A source file: its path from the repository's root, with slashes, and its text."""

    path: str
    text: str

    @property
    def room(self) -> str:
        """The package that it belongs to; ``run`` for ``run.py``."""
        return self.path.split("/", maxsplit=1)[0].removesuffix(".py")

    def nodes(self) -> Iterator[ast.AST]:
        """Everything in it."""
        return iter(_nodes(self))


@cache
def _nodes(module: Module) -> list[ast.AST]:
    return list(ast.walk(ast.parse(module.text, module.path)))


Finding: TypeAlias = tuple[int, str]
"""A line and what is wrong with it."""
Rule: TypeAlias = Callable[[Module], Iterator[Finding]]


def imports_one_way(module: Module) -> Iterator[Finding]:
    """run.py -> server -> processing -> media, and server -> storage; nothing else."""
    allowed = _MAY_IMPORT[module.room] | {module.room}
    for line, name in _imported(module):
        if name in _MAY_IMPORT and name not in allowed:
            yield line, f"{module.room} must not import {name}"


def libraries_stay_in_their_rooms(module: Module) -> Iterator[Finding]:
    """A library that does one room's work is imported there only."""
    for line, name in _imported(module):
        rooms = _LIBRARY_ROOMS.get(name)
        if rooms is not None and module.room not in rooms:
            yield line, f"{name} belongs to {' and '.join(sorted(rooms))}"


def no_relative_imports(module: Module) -> Iterator[Finding]:
    """Imports are written in full, so that the rules above see them."""
    for node in module.nodes():
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "a relative import"


def pictures_are_coded_in_media(module: Module) -> Iterator[Finding]:
    """Encoding and decoding pictures is media's matter, whichever library does it."""
    for node in module.nodes():
        name = _dotted(node)
        if module.room != "media" and name in {f"cv2.im{verb}code" for verb in ("en", "de")}:
            yield _line(node), f"{name} outside media"


def opencv_opens_no_video(module: Module) -> Iterator[Finding]:
    """OpenCV's wheel has an FFmpeg and an OpenSSL of its own, and old: PyAV reads videos here."""
    for node in module.nodes():
        if (name := _dotted(node)) in {"cv2.VideoCapture", "cv2.VideoWriter"}:
            yield _line(node), f"{name} in the place of PyAV"


def networks_run_untold(module: Module) -> Iterator[Finding]:
    """onnxruntime is loaded where it is told beforehand to tell nobody."""
    for line, name in _imported(module):
        if name == "onnxruntime" and module.path != _RUNTIME:
            yield line, f"{name} outside {_RUNTIME}"


def environment_is_read_by_settings(module: Module) -> Iterator[Finding]:
    """Only server/settings.py may look at the environment; one other module writes to it."""
    if module.path in {"server/settings.py", _RUNTIME}:
        return
    for node in module.nodes():
        for name in ("environ", "getenv", "putenv"):
            if _dotted(node) == f"os.{name}" or (_is_from(node, "os") and _names(node, name)):
                yield _line(node), f"os.{name} outside server/settings.py"


def only_the_start_prints(module: Module) -> Iterator[Finding]:
    """Nothing is printed but the address at the start and a wrong setting; the rest is logged."""
    for function, node in _with_function(ast.parse(module.text)):
        if _calls(node) == "print" and (module.path, function) not in _PRINTERS:
            yield _line(node), f"print in {function or 'the module'}"


def nothing_sleeps_on_a_thread(module: Module) -> Iterator[Finding]:
    """time.sleep would hold up the event loop, or a worker that others wait for."""
    for node in module.nodes():
        if _dotted(node) == "time.sleep" or (_is_from(node, "time") and _names(node, "sleep")):
            yield _line(node), "time.sleep"


def bodies_are_read_in_one_place(module: Module) -> Iterator[Finding]:
    """Only server/bodies.py reads requests: it knows whether a body is the one that was signed."""
    if module.path == "server/bodies.py":
        return
    for node in module.nodes():
        if isinstance(node, ast.Attribute) and node.attr in _READERS:
            name = getattr(node.value, "attr", getattr(node.value, "id", ""))
            if name.lstrip("_") == "request":
                yield node.lineno, f"request.{node.attr} outside server/bodies.py"


def globals_do_not_change(module: Module) -> Iterator[Finding]:
    """A module's lists, dicts and sets are constants, and say so; nothing is rebound."""
    for node in ast.parse(module.text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_container(node.value):
            for name in _targets(node):
                if not (_is_final(node) or name.isupper() or name == "__all__"):
                    yield node.lineno, f"{name} can be changed: make it Final, or UPPERCASE"
    for inner in module.nodes():
        if isinstance(inner, ast.Global):
            yield inner.lineno, f"global {', '.join(inner.names)}"


def training_stays_by_itself(module: Module) -> Iterator[Finding]:
    """Nothing that serves imports processing.training, whose libraries are not installed."""
    if module.path.startswith("processing/training/"):
        return
    for node in module.nodes():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if any(f"{name}.".startswith("processing.training.") for name in names):
            yield _line(node), "processing.training imported outside of it"


def traces_are_for_those_who_have_a_collector(module: Module) -> Iterator[Finding]:
    """What makes spans, and the library below it, is loaded by server/traces/opened.py, when the
    service is started and has a collector."""
    is_open = module.path in _OPEN_TRACES
    if module.path.startswith("server/traces/") and not is_open:
        return
    nodes = ast.parse(module.text).body if is_open else module.nodes()
    for node in nodes:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for name in names:
            is_inside = name.startswith("server.traces.") and _path(name) not in _OPEN_TRACES
            if is_inside or name.split(".")[0] == "opentelemetry":
                yield _line(node), f"{name} is loaded by everybody"


def modules_stay_small(module: Module) -> Iterator[Finding]:
    """One noun, one module: at most 300 lines, for tests 400."""
    lines = len(module.text.splitlines())
    limit = _MAX_TEST_LINES if module.room == "tests" else _MAX_LINES
    if lines > limit:
        yield lines, f"{lines} lines, of at most {limit}"


def modules_say_what_they_are(module: Module) -> Iterator[Finding]:
    """Every module that has any code begins with a docstring."""
    if module.text.strip() and ast.get_docstring(ast.parse(module.text)) is None:
        yield 1, "no docstring"


RULES: Final[dict[Rule, tuple[str, str]]] = {
    imports_one_way: ("media/x.py", "from processing.look import Look"),
    libraries_stay_in_their_rooms: ("processing/x.py", "import aiohttp.web"),
    training_stays_by_itself: ("processing/x.py", "from processing.training import faces"),
    no_relative_imports: ("server/x.py", "from . import errors"),
    pictures_are_coded_in_media: ("processing/x.py", "import cv2\ncv2.imencode('.jpg', x)"),
    opencv_opens_no_video: ("media/x.py", "import cv2\ncv2.VideoCapture(url)"),
    networks_run_untold: ("processing/local/x.py", "from onnxruntime import InferenceSession"),
    environment_is_read_by_settings: ("server/x.py", "import os\nhome = os.environ['HOME']"),
    only_the_start_prints: ("server/serve.py", "def stop():\n    print('stopped')"),
    nothing_sleeps_on_a_thread: ("storage/x.py", "def f():\n    import time; time.sleep(1)"),
    bodies_are_read_in_one_place: ("server/x.py", "async def f(request): await request.post()"),
    globals_do_not_change: ("server/x.py", "sessions = {}"),
    traces_are_for_those_who_have_a_collector: ("server/x.py", "import server.traces.spans"),
    modules_stay_small: ("server/x.py", "x = 1\n" * 301),
    modules_say_what_they_are: ("server/x.py", "x = 1"),
}
"""Each rule, and a module that breaks it."""
_MORE_VIOLATIONS: Final[list[tuple[Rule, str, str]]] = [
    (imports_one_way, "storage/x.py", "import media.frame"),
    (imports_one_way, "storage/x.py", "def f():\n    from server import app"),
    (imports_one_way, "processing/local/x.py", "from storage.cache import Cache"),
    (imports_one_way, "server/x.py", "import run"),
    (imports_one_way, "run.py", "from media.clock import Clock"),
    (libraries_stay_in_their_rooms, "server/x.py", "import cv2"),
    (libraries_stay_in_their_rooms, "storage/x.py", "import cv2 as vision"),
    (libraries_stay_in_their_rooms, "server/x.py", "from pymongo import AsyncMongoClient"),
    (libraries_stay_in_their_rooms, "processing/x.py", "import aiortc"),
    (environment_is_read_by_settings, "run.py", "from os import getenv"),
    (environment_is_read_by_settings, "media/x.py", "import os\nos.getenv('HOME')"),
    (only_the_start_prints, "server/app.py", "def _announce():\n    print('x')"),
    (only_the_start_prints, "media/x.py", "print('x')"),
    (nothing_sleeps_on_a_thread, "media/x.py", "from time import sleep"),
    (bodies_are_read_in_one_place, "server/doors/x.py", "self.request.content.read"),
    (bodies_are_read_in_one_place, "server/x.py", "read = self._request.json"),
    (globals_do_not_change, "media/x.py", "_cache: dict[str, int] = dict()"),
    (globals_do_not_change, "media/x.py", "from collections import deque\nrecent = deque()"),
    (globals_do_not_change, "media/x.py", "count = 0\ndef f():\n    global count\n    count = 1"),
    (
        traces_are_for_those_who_have_a_collector,
        "server/traces/opened.py",
        "from opentelemetry.sdk.resources import Resource",
    ),
    (modules_stay_small, "tests/x.py", "x = 1\n" * 401),
]
_ALLOWED: Final[list[tuple[Rule, str, str]]] = [
    (imports_one_way, "server/x.py", "import media.frame, processing.look, storage.cache"),
    (imports_one_way, "media/x.py", "from media.frame import Picture\nimport mediapipe"),
    (libraries_stay_in_their_rooms, "media/x.py", "import av, cv2, simplejpeg"),
    (networks_run_untold, _RUNTIME, "from onnxruntime import InferenceSession"),
    (environment_is_read_by_settings, "server/settings.py", "import os\nos.environ"),
    (environment_is_read_by_settings, "server/x.py", "import os\nos.cpu_count()"),
    (only_the_start_prints, "server/serve.py", "def _announce():\n    print('x')"),
    (bodies_are_read_in_one_place, "server/bodies.py", "request.content"),
    (bodies_are_read_in_one_place, "server/x.py", "response.content.read(); request.content_type"),
    (globals_do_not_change, "media/x.py", "from typing import Final\nnames: Final = {'a'}"),
    (globals_do_not_change, "media/x.py", "_NAMES = ['a']\n__all__ = ['b']\npair = (1, 2)"),
    (globals_do_not_change, "media/x.py", "def f():\n    local = []\n    return local"),
    (
        traces_are_for_those_who_have_a_collector,
        "server/traces/opened.py",
        "def f():\n    from opentelemetry.sdk.resources import Resource",
    ),
    (
        traces_are_for_those_who_have_a_collector,
        "server/x.py",
        "from server.traces.traces import TRACES",
    ),
    (modules_stay_small, "tests/x.py", "x = 1\n" * 400),
    (modules_say_what_they_are, "tests/__init__.py", ""),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps(rule: Rule) -> None:
    """No module of the service breaks this rule."""
    broken = [
        f"{module.path}:{line}: {text}"
        for module in _modules(*_ROOMS)
        for line, text in rule(module)
    ]
    assert not broken, "\n".join([str(rule.__doc__), *broken])


@pytest.mark.parametrize("rule", [modules_stay_small, modules_say_what_they_are])
def test_tests_keep(rule: Rule) -> None:
    """The tests keep the rules that are for them too."""
    broken = [f"{module.path}: {text}" for module in _modules("tests") for _, text in rule(module)]
    assert not broken, "\n".join([str(rule.__doc__), *broken])


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [*((rule, *example) for rule, example in RULES.items()), *_MORE_VIOLATIONS],
)
def test_violation_is_caught(rule: Rule, path: str, source: str) -> None:
    """Each rule finds a module that breaks it: a rule that finds nothing proves nothing."""
    assert list(rule(Module(path, source)))


@pytest.mark.parametrize(("rule", "path", "source"), _ALLOWED)
def test_what_is_allowed_passes(rule: Rule, path: str, source: str) -> None:
    """What only looks like a violation is let be."""
    assert not list(rule(Module(path, source)))


def test_modules_are_found() -> None:
    """The rules look at all rooms and at ``run.py``."""
    modules = list(_modules(*_ROOMS))
    assert {module.room for module in modules} == {*_ROOMS, "run"}
    assert len(modules) > 30


# -- looking at sources -------------------------------------------------------------------------


def _modules(*rooms: str) -> Iterator[Module]:
    """All modules of these packages; ``run.py`` comes with the service's."""
    paths = [path for room in rooms for path in sorted((_ROOT / room).rglob("*.py"))]
    for path in [_ROOT / "run.py", *paths] if "server" in rooms else paths:
        yield Module(path.relative_to(_ROOT).as_posix(), path.read_text(encoding="utf-8"))


def _path(name: str) -> str:
    """Where a module of this name is."""
    return f"{name.replace('.', '/')}.py"


def _imported(module: Module) -> Iterator[tuple[int, str]]:
    """Line and top-level name of everything that is imported, wherever in the module."""
    for node in module.nodes():
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


def _with_function(
    node: ast.AST, function: str | None = None
) -> Iterator[tuple[str | None, ast.AST]]:
    """Every node, and the name of the innermost function around it."""
    for child in ast.iter_child_nodes(node):
        yield function, child
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _with_function(child, child.name if is_function else function)  # type: ignore[attr-defined]


def _dotted(node: ast.AST) -> str | None:
    """``a.b`` for such an attribute."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


def _calls(node: ast.AST | None) -> str | None:
    """The name of the function that is called here, if it is a plain name."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if is_call else None  # type: ignore[union-attr]


def _is_from(node: ast.AST, module: str) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == module


def _names(node: ast.AST, name: str) -> bool:
    return any(alias.name == name for alias in getattr(node, "names", ()))


def _is_container(value: ast.expr | None) -> bool:
    return isinstance(value, _DISPLAYS) or _calls(value) in _CONTAINERS


def _is_final(node: ast.Assign | ast.AnnAssign) -> bool:
    return isinstance(node, ast.AnnAssign) and "Final" in ast.unparse(node.annotation)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
