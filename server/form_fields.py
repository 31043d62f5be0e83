"""What forms are made of: typed fields, checked, with words of our own for what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from processing.look import LookError, LookValues, parse_values
from server.errors import ErrorCode
from server.ids import USER_ID, USER_ID_IS
from server.replies import RequestRefused
from storage.workspace import Incoming

_CODES: Final = {"look": ErrorCode.INVALID_LOOK, "user_id": ErrorCode.INVALID_USER_ID}
_REASONS: Final = {
    "missing": "is missing",
    "dataclass_type": "must be a file, with a name",
    "is_instance_of": "must be a file, with a name",
    "string_type": "must be text",
}

LOOK_FIELDS: Final = ("look", "style_image", "style_id", "color_image")


class _File:
    """What OpenAPI says of files in forms."""

    @classmethod
    def __get_pydantic_json_schema__(cls, *_: object) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class FormFile(_File):
    """A file as it came, in memory."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class StoredFile(_File):
    """A file as it came, on the disk; it is gone when the form is left, unless it is kept."""

    filename: str
    content_type: str
    incoming: Incoming


class Form(BaseModel):
    """A form's fields: files are FormFile or StoredFile, all else is text."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _look_of(text: object) -> object:
    try:
        return parse_values(orjson.loads(text if isinstance(text, str) else b""))
    except orjson.JSONDecodeError:
        raise ValueError("is no JSON text") from None
    except LookError as error:
        raise ValueError(str(error)) from None


def _is_user_id(text: str) -> str:
    if not USER_ID.fullmatch(text):
        raise ValueError(USER_ID_IS)
    return text


UserId: TypeAlias = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{USER_ID.pattern}$"}),
    AfterValidator(_is_user_id),
]
LookText: TypeAlias = Annotated[LookValues, BeforeValidator(_look_of)]
"""A look as JSON text, in the form of ``set_look``."""


class LookForm(Form):
    """A form that says what is to be done to the hair: at least one of these."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in LOOK_FIELDS]}
    )

    look: LookText | None = None
    style_image: FormFile | None = None
    style_id: Annotated[
        str | None,
        Field(max_length=64, description="One of the user's styles, in place of `style_image`."),
    ] = None
    color_image: FormFile | None = None

    @field_validator("style_id")
    @classmethod
    def _is_alone(cls, style_id: str | None, info: ValidationInfo) -> str | None:
        if style_id is not None and info.data.get("style_image") is not None:
            raise ValueError("goes without a style_image")
        return style_id

    @property
    def photos(self) -> tuple[bytes | None, bytes | None]:
        """The style and the colour photo, as they came."""
        style, color = self.style_image, self.color_image
        return style.data if style else None, color.data if color else None


F = TypeVar("F", bound=Form)
M = TypeVar("M", bound=BaseModel)
FieldValue: TypeAlias = FormFile | StoredFile | str


def is_a(model: type[Form], name: str, kind: type) -> bool:
    """Whether a field of the model, which may be optional, is of that kind."""
    annotation: Any = model.model_fields[name].annotation
    return kind in (get_args(annotation) or (annotation,))


def checked(model: type[M], values: Mapping[str, object]) -> M:
    """The model of these values. Raises RequestRefused (422), naming the field that is wrong."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = _REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise invalid(str(first["loc"][0]), reason, closes=False) from None


def invalid(name: str, reason: str, *, closes: bool = True) -> RequestRefused:
    """422, with the code for this field."""
    code = _CODES.get(name, ErrorCode.VALIDATION_FAILED)
    return RequestRefused(422, code, f"{name}: {reason}", field=name, closes=closes)
