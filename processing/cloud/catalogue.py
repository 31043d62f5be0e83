"""The models that are known, and which of them does what is ordered."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from processing.cloud.drawing import Drawing
from processing.cloud.edit import Edit, Part, Quality
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.haircuts import HAIRCUTS
from processing.cloud.model import CloudModel, ModelInput
from processing.cloud.order import Order

_AS_IT_IS: Final = "No change"
# What models are asked for. Which of them does it depends on the parts, not on what is in them.
_BY_NAME: Final = Edit(b"?", haircut="?")
_ALL: Final[tuple[Order, ...]] = (_BY_NAME, Edit(b"?", style=b"?"), Drawing("?"))
# What is changed by words is done by a model for edits whose own price this is. The transfer
# models are billed by the second; theirs is what the plan reckons with.
_EDIT_MICRO_USD: Final = dict.fromkeys(Quality, 40_000)
_TRANSFER_MICRO_USD: Final = {
    Quality.STANDARD: 2_000,
    Quality.HIGH: 5_000,
    Quality.ULTRA: 10_000,
}

CHANGE_HAIRCUT: Final = CloudModel(
    "flux-kontext-apps",
    "change-haircut",
    inputs=(
        ModelInput("input_image", (Part.PHOTO,), is_required=True),
        ModelInput("haircut", (Part.HAIRCUT,), otherwise=_AS_IT_IS, words=HAIRCUTS),
        ModelInput("hair_color", (Part.COLOR,), otherwise=_AS_IT_IS),
    ),
    settings={"aspect_ratio": "match_input_image"},
    prices_micro_usd=_EDIT_MICRO_USD,
)
"""Another haircut or colour, in words."""
CUSTOM_HAIR: Final = CloudModel(
    "subhash25rawat",
    "custom-hair",
    inputs=(
        ModelInput("face_image", (Part.PHOTO,), is_required=True),
        ModelInput("hair_image", (Part.STYLE,), is_required=True),
        ModelInput("color_image", (Part.COLOR_PHOTO, Part.STYLE)),
    ),
    prices_micro_usd=_TRANSFER_MICRO_USD,
    is_square=True,
)
"""The haircut of one photo and the colour of another, or of the same."""
STYLE_YOUR_HAIR: Final = CloudModel(
    "cjwbw",
    "style-your-hair",
    inputs=(
        ModelInput("source_image", (Part.PHOTO,), is_required=True),
        ModelInput("target_image", (Part.STYLE,), is_required=True),
    ),
    prices_micro_usd=_TRANSFER_MICRO_USD,
    is_square=True,
)
"""The haircut of another photo, whose head may be turned."""

FLUX_SCHNELL: Final = CloudModel(
    "black-forest-labs",
    "flux-schnell",
    inputs=(
        ModelInput("prompt", (Part.DESCRIPTION,), is_required=True),
        ModelInput("aspect_ratio", (Part.ASPECT,), otherwise="1:1"),
    ),
    settings={"num_outputs": 1, "output_format": "jpg", "output_quality": 95},
    prices_micro_usd=dict.fromkeys(Quality, 3_000),
)
"""A picture of what words say."""


class Catalogue:
    """Models in the order of preference."""

    def __init__(
        self,
        models: tuple[CloudModel, ...] = (
            CHANGE_HAIRCUT,
            CUSTOM_HAIR,
            STYLE_YOUR_HAIR,
            FLUX_SCHNELL,
        ),
    ) -> None:
        self.models = models

    def choose(self, order: Order) -> CloudModel:
        """The first that does all that is asked for. Raises CloudFault (unsuited)."""
        for model in self.models:
            if model.can_do(order):
                return model
        raise CloudFault(FallbackReason.UNSUITED, "no model does this")

    @property
    def haircuts(self) -> tuple[str, ...]:
        """Names of haircuts that the model which is asked for them is known to take; it may know
        others."""
        words = [item.words for model in self._asked(_BY_NAME) for item in model.inputs
                 if Part.HAIRCUT in item.parts]  # fmt: skip
        return tuple(dict.fromkeys(word for known in words for word in known))

    @property
    def highest_price_micro_usd(self) -> int:
        """What a picture costs at most, in millionths of a dollar, of the models that are asked."""
        return max(
            (max(model.prices_micro_usd.values()) for model in self._asked(*_ALL)), default=0
        )

    def _asked(self, *orders: Order) -> Iterator[CloudModel]:
        """Those that do one of these."""
        for order in orders:
            with suppress(CloudFault):
                yield self.choose(order)

    def preferring(self, models: tuple[CloudModel, ...]) -> "Catalogue":
        """These before the others, and in the place of those that have the same name."""
        refs = {model.ref for model in models}
        return Catalogue((*models, *(model for model in self.models if model.ref not in refs)))

    def with_versions(self, versions: Mapping[str, str]) -> "Catalogue":
        """The same models, of these versions, by ``owner/name``. Raises ValueError for a model
        that is not in it."""
        self._check_known(versions)
        return Catalogue(
            tuple(
                replace(model, version=versions.get(model.ref, model.version))
                for model in self.models
            )
        )

    def with_prices(self, prices: Mapping[str, Mapping[Quality, int]]) -> "Catalogue":
        """The same models at these prices, in millionths of a dollar. Raises ValueError for a
        model that is not in it, or a missing price."""
        self._check_known(prices)
        return Catalogue(
            tuple(
                replace(model, prices_micro_usd=prices.get(model.ref, model.prices_micro_usd))
                for model in self.models
            )
        )

    def _check_known(self, named: Mapping[str, object]) -> None:
        unknown = sorted(set(named) - {model.ref for model in self.models})
        if unknown:
            raise ValueError(f"no such model: {', '.join(unknown)}")
