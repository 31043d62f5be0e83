"""Models that the settings describe."""

from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from processing.cloud.catalogue import (
    CHANGE_HAIRCUT,
    CUSTOM_HAIR,
    FLUX_SCHNELL,
    STYLE_YOUR_HAIR,
)
from processing.cloud.edit import Edit, Part, Quality
from server.cloud.opened import catalogue_of
from server.settings import Settings
from tests.unit.test_cloud_model import DESCRIBED

MODELS: Final = orjson.dumps({"models": [DESCRIBED]}).decode()
TOML: Final = """
[[models]]
owner = "flux-kontext-apps"
name = "change-haircut"
inputs = [
    { name = "photo", parts = ["photo"], is_required = true },
    { name = "words", parts = ["haircut"], otherwise = "as it is" },
]
by_quality.standard = { scale = 1 }
by_quality.ultra = { scale = 4, tiled = true }
prices_micro_usd = { standard = 2000, high = 2000, ultra = 8000 }
"""


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_they_come_first(tmp_path: Path) -> None:
    """As TOML or JSON, in a file or by itself; versions and prices can be set for them too."""
    file = tmp_path / "models.json"
    file.write_text(MODELS)
    for text in (MODELS, str(file)):
        chosen = settings(cloud_models=text, cloud_prices="somebody/hair=0.5")
        first, *others = catalogue_of(chosen).models
        assert (first.ref, first.version) == ("somebody/hair", "0a1b")
        assert first.prices_micro_usd[Quality.HIGH] == 500_000
        assert others == [CHANGE_HAIRCUT, CUSTOM_HAIR, STYLE_YOUR_HAIR, FLUX_SCHNELL]


def test_one_that_is_known_can_be_described_anew(tmp_path: Path) -> None:
    """It is in the other's place, and tiers reach its inputs. The file is read once."""
    file = tmp_path / "models.toml"
    file.write_text(TOML)
    chosen = settings(cloud_models=str(file))
    file.unlink()
    described, *others = catalogue_of(chosen).models
    assert (described.ref, others) == (
        CHANGE_HAIRCUT.ref,
        [CUSTOM_HAIR, STYLE_YOUR_HAIR, FLUX_SCHNELL],
    )
    bob = Edit(b"me", haircut="Bob", quality=Quality.ULTRA)
    assert described.payload(bob, {Part.PHOTO: "a:me"}) == {
        "photo": "a:me", "words": "Bob", "scale": 4, "tiled": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"inputs": [{"name": "x", "parts": ["y"]}]}, r"models\.0\.inputs\.0\.parts\.0: .*photo"),
        ({"inputs": [{"name": "x", "parts": ["photo"]}]}, r"models\.0\.inputs: none"),
        ({"inputs": []}, r"models\.0\.inputs: none"),
        ({"scale": 2}, r"models\.0\.scale: "),
        ({"by_quality": {"best": {}}}, r"models\.0\.by_quality\.best"),
        ({"settings": {"seeds": [1]}}, r"models\.0\.settings\.seeds: .*text"),
        ({"version": "a b"}, r"models\.0: no name of a model: 'a b'"),
        ({"prices_micro_usd": {"standard": 1}}, r"models\.0: .*prices are needed"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], told: str) -> None:
    """By the field that it is in."""
    with pytest.raises(ValueError, match=rf"cloud_models\n.*{told}"):
        settings(cloud_models=orjson.dumps({"models": [{**DESCRIBED, **wrong}]}).decode())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (orjson.dumps({"models": [DESCRIBED] * 2}).decode(), "somebody/hair is described twice"),
        ("{", "no JSON"),
        ('{"model": []}', "models: Field required"),
        ("nowhere.toml", r"nowhere\.toml: No such file"),
        ("\0", "null byte"),
    ],
)
def test_what_cannot_be_read(text: str, told: str) -> None:
    """Neither a file nor JSON, or not such JSON."""
    with pytest.raises(ValueError, match=told):
        settings(cloud_models=text)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("m.toml", b"models = [", "no TOML"),
        ("m.toml", b"a = \xff", "is not UTF-8"),
        ("m.json", b"models = 1", "no JSON"),
        ("m.toml", TOML.replace("scale = 1", "scale = nan").encode(), "scale.* finite"),
        ("m.toml", TOML.replace("scale = 1", "scale = 2026-01-01").encode(), "scale"),
    ],
)
def test_a_file_of_something_else(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    """It is said what it is not."""
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(ValueError, match=told):
        settings(cloud_models=str(file))
