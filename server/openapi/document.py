"""The OpenAPI document (version 3.1), made of what is said beside the handlers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server.answers import ErrorAnswer
from server.form_fields import FormFile, StoredFile
from server.openapi.operation import Media, Operation, Said, Told
from server.openapi.security import needed
from server.version import VERSION

OPENAPI: Final = "3.1.0"
REFERENCE: Final = "#/components/schemas/{model}"
JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
_ERRORS: Final = {
    400: "What was sent cannot be used.",
    401: "It is not known who asks.",
    403: "It belongs to another user, who has not agreed, or its signature is not good.",
    404: "There is no such thing.",
    406: "None of the types that are accepted can be sent.",
    408: "The body took too long to come.",
    409: "It is not in a state for this.",
    412: "It has changed in between.",
    413: "It is too large.",
    415: "The body is of a type that is not taken.",
    416: "It has no such part.",
    422: "A field is missing, wrong or unknown; the message names it.",
    426: "The address speaks WebSocket.",
    429: "Too many of one user's, or of one address's; `Retry-After` tells when to come again.",
    500: "It is damaged.",
    502: "The cloud could not do it, and nobody here can.",
    503: "The service is full or its storage away; `Retry-After` tells when to come again.",
    504: "The cloud took too long, and nobody here can do it.",
}

TAGS: Final = ("Photos", "Videos", "Styles", "Live", "Users", "Service", "Pages")
"""In which order people read of them."""
FILES: Final = (FormFile, StoredFile)
FILE: Final = {"type": "string", "format": "binary"}

Json: TypeAlias = dict[str, Any]


def make_document(told: Sequence[Told], engines: Sequence[str], schemes: Json) -> Json:
    """The document of these addresses; looks name one of these engines, and callers show who they
    are by one of these schemes."""
    schemas, definitions = _schemas(one.operation for one in told)
    definitions["LookValues"]["properties"]["engine"] = {"enum": [*engines, None]}
    paths: dict[str, Json] = {}
    for one in told:
        entry = _operation(one.route, one.operation, schemas)
        if security := needed(one.operation.access, schemes):
            entry["security"] = security
        paths.setdefault(one.route.path, {})[one.route.method.lower()] = entry
    return {
        "openapi": OPENAPI,
        "info": {"title": "Hair Try-On Service", "version": VERSION},
        "tags": [{"name": name} for name in TAGS],
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": schemes},
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[tuple[type, str], Json], Json]:
    """The schema of every answer, and the definitions that they and the requests refer to.

    Requests' own models are written where they belong, and have no definition.
    """
    asked, told = set[type[BaseModel]](), dict[type[BaseModel], None]()
    told[ErrorAnswer] = None
    for operation in operations:
        models = (
            operation.path, operation.query, operation.header, operation.form, operation.json,
        )  # fmt: skip
        asked.update(model for model in models if model is not None)
        for answer in operation.answers.values():
            told.update(dict.fromkeys(_documents(answer)))
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(asked, key=lambda model: model.__name__)),
        *((model, "serialization") for model in told),
    ]
    schemas, whole = models_json_schema(modes, ref_template=REFERENCE)
    inlined = {model.__name__ for model in (*asked, *FILES)}
    definitions = {name: one for name, one in whole["$defs"].items() if name not in inlined}
    return {(model, mode): schema for (model, mode), schema in schemas.items()}, definitions


def _operation(route: web.RouteDef, operation: Operation, schemas: Any) -> Json:
    definition: Json = {
        "tags": [operation.tag],
        "operationId": f"{route.method.lower()}_{getattr(route.handler, '__name__', '')}",
        "summary": operation.summary,
    }
    if operation.notes:
        definition["description"] = operation.notes
    if parameters := list(_parameters(operation)):
        definition["parameters"] = parameters
    if operation.form is not None:
        definition["requestBody"] = _form(operation.form)
    if operation.json is not None:
        content = {JSON: {"schema": _own(operation.json)}}
        body = definition.setdefault("requestBody", {"required": True, "content": {}})
        body["content"] |= content
    if operation.body is not None:
        definition["requestBody"] = {"required": True, "content": _content(operation.body)}
    definition["responses"] = dict(_responses(operation, schemas))
    return definition


def _parameters(operation: Operation) -> Iterator[Json]:
    for place, model in (
        ("path", operation.path), ("query", operation.query), ("header", operation.header),
    ):  # fmt: skip
        if model is None:
            continue
        schema = _plain(model)
        for name, one in schema["properties"].items():
            description = one.pop("description", None)
            yield {
                "name": name,
                "in": place,
                "required": name in schema.get("required", ()),
                "schema": one,
                **({"description": description} if description else {}),
            }


def _form(model: type[BaseModel]) -> Json:
    """A form. What is no text and no file in it is JSON."""
    schema = _plain(model)
    encoding = {
        name: {"contentType": JSON}
        for name, one in schema["properties"].items()
        if "$ref" in one or one.get("type") == "object"
    }
    content: Json = {"schema": schema}
    if encoding:
        content["encoding"] = encoding
    return {"required": True, "content": {FORM: content}}


def _own(model: type[BaseModel]) -> Json:
    """A model's schema, written where it belongs."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    schema.pop("$defs", None)
    return schema


def _plain(model: type[BaseModel]) -> Json:
    """A model's schema as of a form: what is absent is not there, and never null."""
    schema = _own(model)
    for name, one in schema["properties"].items():
        schema["properties"][name] = _inlined(_without_null(one))
    return schema


def _without_null(schema: Json) -> Json:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **kinds[0]}


def _inlined(schema: Json) -> Json:
    """A file, which is no object of a name of its own."""
    is_file = schema.get("$ref") in {REFERENCE.format(model=kind.__name__) for kind in FILES}
    return FILE if is_file else schema


def _responses(operation: Operation, schemas: Any) -> Iterator[tuple[str, Json]]:
    for status, said in operation.answers.items():
        yield str(status), _answer(said, schemas)
    for status in operation.all_errors:
        content = {JSON: {"schema": schemas[ErrorAnswer, "serialization"]}}
        yield str(status), {"description": _ERRORS[status], "content": content}


def _answer(said: Said, schemas: Any) -> Json:
    if isinstance(said, str):
        return {"description": said}
    if isinstance(said, Media):
        return {"description": said.description, "content": _content(said)}
    description = (said.__doc__ or "").strip()
    return {
        "description": description,
        "content": {JSON: {"schema": schemas[said, "serialization"]}},
    }


def _documents(said: Said) -> Iterable[type[BaseModel]]:
    if isinstance(said, Media):
        return said.events.values()
    return () if isinstance(said, str) else (said,)


def _content(media: Media) -> Json:
    schema: Json = {"type": "string"} if media.types[0].startswith("text/") else {}
    if media.events:
        schema = _event(media.events)
    return {kind: {"schema": schema} for kind in media.types}


def _event(events: Mapping[str, type[BaseModel]]) -> Json:
    """One event of a stream; what it holds is JSON as text."""
    documents = [{"$ref": REFERENCE.format(model=model.__name__)} for model in events.values()]
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": {"anyOf": documents}}
    properties = {"event": {"enum": list(events)}, "data": data}
    return {"type": "object", "properties": properties, "required": ["event", "data"]}
