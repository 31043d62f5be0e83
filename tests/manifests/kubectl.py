"""The real kustomize, where there is one: kubectl has it in it."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import yaml

from tests.manifests.objects import KUBERNETES, Object, Overlay, shown

_EXAMPLE: Final = ".example"
_DIGEST: Final = re.compile(r"\b(hair-tryon-(?:settings|secrets))-[a-z0-9]{10}\b")
_PATIENCE_S: Final = 60.0


def find_kubectl() -> str | None:
    """Its path."""
    return shutil.which("kubectl")


def differences(kubectl: str, overlay: Overlay) -> Iterator[str]:
    """Where kustomize builds another object than was read here."""
    theirs, ours = _by_name(_built(kubectl, overlay.name)), _by_name(overlay.objects)
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            yield f"{name}: kustomize builds something else"


def _built(kubectl: str, name: str) -> Sequence[Object]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "kubernetes"
        shutil.copytree(KUBERNETES, folder)
        for example in folder.rglob(f"*{_EXAMPLE}"):
            filled_in = example.with_name(example.name.removesuffix(_EXAMPLE))
            if not filled_in.exists():
                filled_in.write_bytes(example.read_bytes())
        command = [kubectl, "kustomize", str(folder / "overlays" / name)]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S
        )
    return list(yaml.safe_load_all(_DIGEST.sub(r"\1", done.stdout)))


def _by_name(objects: Iterable[Object]) -> dict[str, Object]:
    return {shown(one): one for one in objects}
