"""What stands in an address: checked like forms, by typed models."""

from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from server.form_fields import UserId, checked


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


class ResultPath(Query):
    """A result."""

    result_id: str


class UserPath(Query):
    """A user."""

    user_id: UserId


class FilePath(Query):
    """A file."""

    name: str


class KeyHeader(BaseModel):
    """A key under which a request may be sent again without being done again."""

    model_config = ConfigDict(frozen=True)

    idempotency_key: Annotated[
        str | None, Field(alias="Idempotency-Key", pattern=r"^[!-~]{1,255}$")
    ] = None


Q = TypeVar("Q", bound=Query)


def read_query(request: web.Request, model: type[Q]) -> Q:
    """Raises RequestRefused (422), naming what is wrong."""
    return checked(model, request.query)


def read_path(request: web.Request, model: type[Q]) -> Q:
    """Raises RequestRefused (422), naming what is wrong."""
    return checked(model, request.match_info)
