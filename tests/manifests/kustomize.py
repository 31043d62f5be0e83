"""As much of kustomize as ``deploy/kubernetes/`` uses, since no package index has it.

What else it can do is refused. Where there is a kubectl, its kustomize has to build the same."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.manifests.objects import Object, name_of, read_objects, read_one

_READ: Final = {
    "apiVersion",
    "kind",
    "namespace",
    "resources",
    "images",
    "configMapGenerator",
    "secretGenerator",
    "patches",
}
_WITHOUT_NAMESPACE: Final = {"Namespace"}


def build(folder: Path) -> list[Object]:
    """The objects of a folder with a ``kustomization.yaml``, with names as they are written there:
    kustomize adds a digest to those of its own making. Raises ValueError for what is not read here.
    """
    wanted = read_one(folder / "kustomization.yaml")
    if unread := wanted.keys() - _READ:
        raise ValueError(f"{folder.name}: not read here: {', '.join(sorted(unread))}")
    objects = list(_resources(folder, wanted.get("resources", ())))
    for kind, encode in (("ConfigMap", str), ("Secret", _base64)):
        for generator in wanted.get(f"{kind[0].lower()}{kind[1:]}Generator", ()):
            _generate(objects, kind, generator, folder, encode)
    for patch in wanted.get("patches", ()):
        target = patch["target"]
        apply(_found(objects, target["kind"], target["name"]), yaml.safe_load(patch["patch"]))
    for image in wanted.get("images", ()):
        _rename(objects, image)
    for one in objects:
        if one["kind"] not in _WITHOUT_NAMESPACE and "namespace" in wanted:
            one["metadata"]["namespace"] = wanted["namespace"]
    return objects


def env_lines(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of an ``.env`` file, as kustomize reads it: nothing is quoted."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def _resources(folder: Path, names: Iterable[str]) -> Iterator[Object]:
    for name in names:
        path = folder / name
        yield from build(path) if path.is_dir() else read_objects(path)


def _generate(
    objects: list[Object],
    kind: str,
    generator: Mapping[str, Any],
    folder: Path,
    encode: Callable[[str], str],
) -> None:
    texts = [_env_text(folder / name) for name in generator.get("envs", ())]
    lines = env_lines("\n".join([*texts, *generator.get("literals", ())]))
    data = {name: encode(value) for name, value in lines}
    if generator.get("behavior") == "merge":
        _found(objects, kind, generator["name"])["data"].update(data)
        return
    made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": generator["name"]}, "data": data}
    objects.append(made | ({"type": "Opaque"} if kind == "Secret" else {}))


def _env_text(path: Path) -> str:
    """Of secrets only the example is kept here."""
    kept = path if path.exists() else path.with_name(f"{path.name}.example")
    return kept.read_text(encoding="utf-8")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _found(objects: Iterable[Object], kind: str, name: str) -> Object:
    for one in objects:
        if one["kind"] == kind and name_of(one) == name:
            return one
    raise ValueError(f"there is no {kind} {name}")


def _rename(objects: Iterable[Object], image: Mapping[str, str]) -> None:
    for one in objects:
        if one["kind"] != "Deployment":
            continue
        for container in one["spec"]["template"]["spec"]["containers"]:
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"


def apply(target: Object, steps: Iterable[Mapping[str, Any]]) -> None:
    """Change an object as a JSON patch says. Raises ValueError for what is not read here."""
    for step in steps:
        *way, last = step["path"].lstrip("/").split("/")
        place: Any = target
        for part in way:
            place = place[int(part) if isinstance(place, list) else part]
        _put(place, last, step)


def _put(place: Any, last: str, step: Mapping[str, Any]) -> None:
    match step["op"], last:
        case "add", "-":
            place.append(step["value"])
        case "add" | "replace", _:
            place[int(last) if isinstance(place, list) else last] = step["value"]
        case "remove", _:
            del place[int(last) if isinstance(place, list) else last]
        case _:
            raise ValueError(f"not read here: {step['op']} {step['path']}")
