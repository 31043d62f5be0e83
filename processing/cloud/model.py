"""A model at Replicate: what it takes of an order, and what a picture costs. All of it is data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from processing.cloud.edit import Part, Quality
from processing.cloud.order import Order

InputValue: TypeAlias = str | int | float | bool
"""What a model takes; a picture by its address."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class ModelInput:
    """One of a model's inputs: it gets the first of these parts that the order has.

    Where the order has none of them it gets ``otherwise``, or nothing; without an input that
    ``is_required`` the model cannot work. ``words`` are some that it is known to take.
    """

    name: str
    parts: tuple[Part, ...]
    otherwise: InputValue | None = None
    is_required: bool = False
    words: tuple[str, ...] = ()

    def part_of(self, order: Order) -> Part | None:
        """Which part of the order it gets."""
        return next((part for part in self.parts if part in order.values), None)


@dataclass(frozen=True, slots=True)
class CloudModel:
    """A model by its owner and name; without a version it is asked as an official model.

    ``settings`` are inputs that are the same for all pictures, ``by_quality`` those that differ.
    One that ``is_square`` cuts the head out of other pictures, which then are not to be laid over
    each other any more: it gets square photos only. Prices are millionths of a dollar a picture.
    Raises ValueError for names that cannot be, and for a missing or negative price.
    """

    owner: str
    name: str
    inputs: tuple[ModelInput, ...]
    prices_micro_usd: Mapping[Quality, int]
    version: str | None = None
    settings: Mapping[str, InputValue] = field(default_factory=dict)
    by_quality: Mapping[Quality, Mapping[str, InputValue]] = field(default_factory=dict)
    is_square: bool = False

    def __post_init__(self) -> None:
        for text in (self.owner, self.name, self.version):
            if text is not None and not _NAME.fullmatch(text):
                raise ValueError(f"no name of a model: {text!r}")
        if set(self.prices_micro_usd) != set(Quality) or min(self.prices_micro_usd.values()) < 0:
            raise ValueError(f"{self.ref}: prices are needed for {', '.join(Quality)}")

    @property
    def ref(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    def can_do(self, order: Order) -> bool:
        """Whether it does all that is asked for, and has what it needs."""
        given = {item.part_of(order) for item in self.inputs}
        missing = any(item.is_required and not item.part_of(order) for item in self.inputs)
        wanted = set(order.values)
        return not missing and given >= wanted and wanted != {Part.PHOTO}

    def pictures(self, order: Order) -> dict[Part, bytes]:
        """The pictures that it gets."""
        wanted = {item.part_of(order) for item in self.inputs}
        return {
            part: value
            for part, value in order.values.items()
            if part in wanted and isinstance(value, bytes)
        }

    def payload(self, order: Order, addresses: Mapping[Part, str]) -> dict[str, InputValue]:
        """The inputs of a prediction; pictures are told by their addresses."""
        words = {part: value for part, value in order.values.items() if isinstance(value, str)}
        told: Mapping[Part, str] = {**words, **addresses}
        payload = {**self.settings, **self.by_quality.get(order.quality, {})}
        for item in self.inputs:
            part = item.part_of(order)
            value = item.otherwise if part is None else told[part]
            if value is not None:
                payload[item.name] = value
        return payload
