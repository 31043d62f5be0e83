"""What an address does, said in the models that validate its requests and make its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from aiohttp import web
from pydantic import BaseModel

from server.doors.access import Access
from server.doors.costs import Costs
from server.places import Places


@dataclass(frozen=True, slots=True)
class Media:
    """Something else than JSON: its types, and what it is. ``events`` are the documents that the
    events of a stream hold, by the events' names."""

    types: tuple[str, ...]
    description: str
    events: Mapping[str, type[BaseModel]] = field(default_factory=dict)


Said: TypeAlias = "type[BaseModel] | Media | str"
"""What is answered: a document, something else, or nothing but these words."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address. ``errors`` are the statuses under which an error is told, besides
    those that ``access``, ``costs`` and what is sent bring; ``json`` is what a body of JSON
    holds, in the place of a form where both are taken;
    ``places`` are what it takes one of. What takes pictures to change them ``needs_consent``. What
    is done ``at_session`` is done by the instance that has it."""

    tag: str
    summary: str
    answers: Mapping[int, Said]
    errors: tuple[int, ...] = ()
    path: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    header: type[BaseModel] | None = None
    form: type[BaseModel] | None = None
    json: type[BaseModel] | None = None
    body: Media | None = None
    notes: str = ""
    access: Access = Access.USER
    costs: Costs = Costs.CALL
    places: web.AppKey[Places] | None = None
    needs_consent: bool = False
    at_session: bool = False

    @property
    def all_errors(self) -> Sequence[int]:
        """Every status under which an error is told."""
        return sorted({*self.errors, *self._errors_of_doors(), *self._errors_of_body()})

    def _errors_of_doors(self) -> Sequence[int]:
        if self.access is Access.PUBLIC:
            return ()
        if self.access is Access.SOCKET:
            return (403,)  # pages of other sites; all else is told in the socket
        # Who signs may send a body only where one is taken; keys and storages may be away.
        limited = () if self.costs is Costs.NOTHING and not self.at_session else (429,)
        return (400, 401, 403, *limited, 503)

    def _errors_of_body(self) -> Sequence[int]:
        if self.form is not None or self.json is not None:
            return (400, 408, 413, 415, 422)
        return () if self.body is None else (400, 408)

    @property
    def names_user(self) -> bool:
        """Whether a form says for whom it is."""
        return self.form is not None and "user_id" in self.form.model_fields

    @property
    def takes_body(self) -> bool:
        """Whether there is anything to be sent."""
        return any(one is not None for one in (self.form, self.json, self.body))


@dataclass(frozen=True, slots=True)
class Told:
    """An address, and what it does."""

    route: web.RouteDef
    operation: Operation
