"""Models as data: which of them does an edit, what it is told, what it costs."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from processing.cloud.catalogue import (
    CHANGE_HAIRCUT,
    CUSTOM_HAIR,
    FLUX_SCHNELL,
    STYLE_YOUR_HAIR,
    Catalogue,
)
from processing.cloud.drawing import Aspect, Drawing, portrait
from processing.cloud.edit import Edit, Part, Quality
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.haircuts import HAIRCUTS
from processing.cloud.model import CloudModel, ModelInput
from processing.cloud.order import Order
from server.cut_form import Haircut

PRICES = dict.fromkeys(Quality, 1_000)


@pytest.mark.parametrize(
    ("order", "model"),
    [
        (Edit(b"me", haircut="Bob"), CHANGE_HAIRCUT),
        (Edit(b"me", color="Blonde"), CHANGE_HAIRCUT),
        (Edit(b"me", haircut="Bob", color="Blonde"), CHANGE_HAIRCUT),
        (Edit(b"me", style=b"her"), CUSTOM_HAIR),
        (Edit(b"me", style=b"her", color_photo=b"him"), CUSTOM_HAIR),
        (Drawing("red curls"), FLUX_SCHNELL),
    ],
    ids=lambda value: value.ref if isinstance(value, CloudModel) else "",
)
def test_choice(order: Order, model: CloudModel) -> None:
    """The first model is taken that does all that is asked for."""
    assert Catalogue().choose(order) == model


@pytest.mark.parametrize(
    "edit",
    [
        Edit(b"me"),
        Edit(b"", haircut="Bob"),
        Edit(b"me", haircut=""),
        Edit(b"me", color_photo=b"him"),
        Edit(b"me", style=b"her", haircut="Bob"),
    ],
)
def test_no_model_does_it(edit: Edit) -> None:
    """Where nothing is asked for, or what no model does all of."""
    with pytest.raises(CloudFault) as caught:
        Catalogue().choose(edit)
    assert caught.value.reason is FallbackReason.UNSUITED
    assert not caught.value.may_be_billed


def test_payload() -> None:
    """Parts go to the inputs that take them; the second choice where there is no first."""
    addresses = {Part.PHOTO: "a:me", Part.STYLE: "a:her"}
    edit = Edit(b"me", style=b"her")
    assert CUSTOM_HAIR.pictures(edit) == {Part.PHOTO: b"me", Part.STYLE: b"her"}
    assert CUSTOM_HAIR.payload(edit, addresses) == {
        "face_image": "a:me", "hair_image": "a:her", "color_image": "a:her",
    }  # fmt: skip
    with_color = replace(edit, color_photo=b"him")
    told = CUSTOM_HAIR.payload(with_color, {**addresses, Part.COLOR_PHOTO: "a:him"})
    assert told["color_image"] == "a:him"


def test_payload_says_what_stays() -> None:
    """Left to itself the model would change at random what nobody asked for."""
    told = CHANGE_HAIRCUT.payload(Edit(b"me", color="Blonde"), {Part.PHOTO: "a:me"})
    assert told == {
        "input_image": "a:me", "haircut": "No change", "hair_color": "Blonde",
        "aspect_ratio": "match_input_image",
    }  # fmt: skip


def test_payload_of_words() -> None:
    """They stand among ours, whatever they are; there is no picture to be sent."""
    order = portrait("{red} curls", Aspect.FOUR_BY_FIVE, Quality.STANDARD)
    told = FLUX_SCHNELL.payload(order, {})
    assert FLUX_SCHNELL.pictures(order) == {}
    assert (told["aspect_ratio"], told["num_outputs"], order.ratio) == ("4:5", 1, 0.8)
    assert "with this hair: {red} curls. Head and shoulders" in str(told["prompt"])


DESCRIBED: dict[str, Any] = {
    "owner": "somebody",
    "name": "hair",
    "version": "0a1b",
    "inputs": [
        {"name": "source", "parts": ["photo"], "is_required": True},
        {"name": "style", "parts": ["style"]},
    ],
    "settings": {"format": "png", "seed": 7},
    "by_quality": {"standard": {"scale": 1}, "ultra": {"scale": 4}},
    "prices_micro_usd": {"standard": 2000, "high": 5000, "ultra": 10000},
}


def test_described_model() -> None:
    """A model can be described by settings, with inputs that differ by quality."""
    model = TypeAdapter(CloudModel).validate_python(DESCRIBED)
    edit = Edit(b"me", style=b"her", quality=Quality.ULTRA)
    told = model.payload(edit, {Part.PHOTO: "a:me", Part.STYLE: "a:her"})
    assert told == {"source": "a:me", "style": "a:her", "format": "png", "seed": 7, "scale": 4}
    assert "scale" not in model.payload(replace(edit, quality=Quality.HIGH), {
        Part.PHOTO: "a:me", Part.STYLE: "a:her",
    })  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": "../v1"},
        {"name": "a/b"},
        {"version": ""},
        {"version": "a b"},
        {"prices_micro_usd": {"standard": 1}},
        {"prices_micro_usd": {"standard": 1, "high": 1, "ultra": -1}},
    ],
    ids=str,
)
def test_wrong_description(wrong: dict[str, Any]) -> None:
    """What would end up in an address is a name, and each picture has a price."""
    with pytest.raises(ValidationError):
        TypeAdapter(CloudModel).validate_python({**DESCRIBED, **wrong})


def test_versions_and_prices() -> None:
    """Both can be set for the models that there are, and for no others."""
    chosen = Catalogue().with_versions({STYLE_YOUR_HAIR.ref: "0a1b"})
    chosen = chosen.with_prices({STYLE_YOUR_HAIR.ref: PRICES})
    assert [model.version for model in chosen.models] == [None, None, "0a1b", None]
    assert chosen.models[2].prices_micro_usd == PRICES
    assert chosen.models[0] == CHANGE_HAIRCUT
    with pytest.raises(ValueError, match="no such model: some/model"):
        Catalogue().with_versions({"some/model": "0a1b"})
    with pytest.raises(ValueError, match="no such model: some/model"):
        Catalogue().with_prices({"some/model": PRICES})


def test_what_is_told_of_them_in_advance() -> None:
    """The names of haircuts, all of which a form takes, and what a picture costs at most."""
    catalogue = Catalogue()
    assert catalogue.haircuts == HAIRCUTS
    for name in HAIRCUTS:
        assert TypeAdapter(Haircut).validate_python(name) == name
    assert catalogue.highest_price_micro_usd == 40_000
    dear = catalogue.with_prices({CUSTOM_HAIR.ref: {**PRICES, Quality.ULTRA: 90_000}})
    assert dear.highest_price_micro_usd == 90_000


def test_who_is_never_asked_is_not_told_of() -> None:
    """Where another model comes first for haircuts its words and its price count; and those of
    none where none does them."""
    cutter = replace(
        CHANGE_HAIRCUT,
        owner="somebody",
        inputs=(
            ModelInput("photo", (Part.PHOTO,), is_required=True),
            ModelInput("words", (Part.HAIRCUT,), words=("Bob", "Fade")),
        ),
        prices_micro_usd=PRICES,
    )
    preferred = Catalogue().preferring((cutter,))
    assert preferred.haircuts == ("Bob", "Fade")
    assert preferred.highest_price_micro_usd == 10_000
    assert Catalogue((FLUX_SCHNELL,)).haircuts == ()
    assert Catalogue((FLUX_SCHNELL,)).highest_price_micro_usd == 3_000
