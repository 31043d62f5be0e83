"""What users say when they agree, and what they are told of it."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from media.clock import iso_utc
from server.answers import Answer
from server.notice import Notice, PurposeName
from storage.records import ConsentRecord

MAX_VERSION = 64


def _is_given(given: bool) -> bool:
    if not given:
        raise ValueError("is withdrawn by DELETE, which erases everything")
    return given


class ConsentBody(BaseModel):
    """What ``PUT consent`` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    processing: Annotated[bool, AfterValidator(_is_given), Field(json_schema_extra={"const": True})]
    cloud: bool = False
    notice: Annotated[str, Field(max_length=MAX_VERSION, description="The version agreed to.")]


class ConsentAnswer(Answer):
    """What a user has agreed to; nothing, where the moments are null."""

    processing: bool
    cloud: bool
    notice: str | None = Field(description="The version that was agreed to.")
    given_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, record: ConsentRecord | None) -> "ConsentAnswer":
        """What is told of a consent, or of none."""
        return cls(
            processing=record is not None and record.processing,
            cloud=record is not None and record.cloud,
            notice=record.notice if record else None,
            given_at=iso_utc(record.given_at) if record else None,
            updated_at=iso_utc(record.updated_at) if record else None,
        )


class PurposeAnswer(Answer):
    """Something that can be agreed to by itself."""

    purpose: PurposeName
    processor: str = Field(description="Who does it.")
    text: str = Field(description="What is done, and what is kept how long; a line a paragraph.")


class NoticeAnswer(Answer):
    """What users are told before they agree."""

    version: str = Field(description="Another one with every word that changes.")
    purposes: list[PurposeAnswer]


class ConsentNeededAnswer(Answer):
    """What can be agreed to, and whether it has to be before pictures are sent."""

    required: bool
    notice: NoticeAnswer

    @classmethod
    def of(cls, notice: Notice, *, is_needed: bool) -> "ConsentNeededAnswer":
        """What is told of a notice."""
        purposes = [
            PurposeAnswer(purpose=one.name, processor=one.processor, text=one.text)
            for one in notice.purposes
        ]
        answer = NoticeAnswer(version=notice.version, purposes=purposes)
        return cls(required=is_needed, notice=answer)
