"""What stands in an address: checked like forms, by typed models."""

from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from server.cursors import read_cursor
from server.form_fields import UserId, checked
from server.identity import KEY_HEADER
from server.ids import IDEMPOTENCY_KEY
from storage.results import Cursor


class Query(BaseModel):
    """What stands behind the question mark; what is not known is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class OwnQuery(Query):
    """Who asks."""

    user_id: UserId


class PageQuery(Query):
    """Which part of a long list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    cursor: Annotated[
        str | None,
        Field(description="`next_cursor` of the page before, in the place of `offset`."),
    ] = None

    @field_validator("cursor")
    @classmethod
    def _is_cursor(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            read_cursor(text)
            if info.data.get("offset"):
                raise ValueError("goes without an offset")
        return text

    @property
    def after(self) -> Cursor | None:
        """The place that the cursor tells."""
        return None if self.cursor is None else read_cursor(self.cursor)


class ResultPath(Query):
    """A result."""

    result_id: str


class UserPath(Query):
    """A user."""

    user_id: UserId


class FilePath(Query):
    """A file."""

    name: str


class SignedQuery(Query):
    """What signed addresses end in: both or none of them."""

    expires: Annotated[
        str | None, Field(description="Until then the address is good: seconds since 1970.")
    ] = None
    signature: Annotated[str | None, Field(description="Made by the service.")] = None


class KeyHeader(BaseModel):
    """A key under which a request may be sent again without being done again."""

    model_config = ConfigDict(frozen=True)

    idempotency_key: Annotated[
        str | None, Field(alias=KEY_HEADER, pattern=f"^{IDEMPOTENCY_KEY.pattern}$")
    ] = None


Q = TypeVar("Q", bound=Query)


def read_query(request: web.Request, model: type[Q]) -> Q:
    """Raises RequestRefused (422), naming what is wrong."""
    return checked(model, request.query)


def read_path(request: web.Request, model: type[Q]) -> Q:
    """Raises RequestRefused (422), naming what is wrong."""
    return checked(model, request.match_info)
