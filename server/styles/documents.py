"""What is asked and told of styles."""

import re
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from media.clock import iso_utc
from processing.cloud.drawing import Aspect
from server.answers import Answer
from server.form_fields import Form, UserId
from server.queries import OwnQuery, PageQuery, Query
from storage.styles import StyleRecord

PROMPT_MAX_CHARS: Final = 500
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f"
_PLAIN: Final = re.compile(rf"[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*")


def _is_plain(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise ValueError("is words, without control characters")
    return text


Prompt: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=PROMPT_MAX_CHARS,
        description="What the hair is like, in words.",
        json_schema_extra={"pattern": f"^{_PLAIN.pattern}$"},
    ),
    AfterValidator(_is_plain),
]


class StyleForm(Form):
    """What ``POST styles`` takes, as a form or as JSON."""

    user_id: UserId
    prompt: Prompt
    aspect: Annotated[Aspect, Field(description="Width by height.")] = Aspect.SQUARE


class StylesQuery(OwnQuery, PageQuery):
    """Whose styles, and which part of them."""


class StylePath(Query):
    """A style."""

    style_id: str


class StyleAnswer(Answer):
    """A style; its `style_id` can be given wherever a `style_image` can."""

    style_id: str
    prompt: str
    aspect: str
    model: str = Field(description="Who made it.")
    created_at: str

    @classmethod
    def of(cls, record: StyleRecord) -> "StyleAnswer":
        """What its owner is told of a style."""
        return cls(
            style_id=record.style_id,
            prompt=record.prompt,
            aspect=record.aspect,
            model=record.model,
            created_at=iso_utc(record.created_at),
        )


class StylesAnswer(Answer):
    """A page of a user's styles, the latest first."""

    styles: list[StyleAnswer]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(
        description="`cursor` of the next page, which misses and repeats none; null at the end."
    )
