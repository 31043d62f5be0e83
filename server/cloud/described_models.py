"""Models that the settings describe: a TOML or JSON file, or the JSON itself."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from processing.cloud.edit import Part
from processing.cloud.model import CloudModel

_OURS: Final = "Value error, "
"""What pydantic puts before the words of an error that is not its own."""


class _Described(BaseModel):
    """The document."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    models: Annotated[tuple[CloudModel, ...], Field(min_length=1)]


def models_of(text: str) -> tuple[CloudModel, ...]:
    """The models that a setting describes, in its order."""
    return _checked(orjson.loads(text)) if text else ()


def _described(text: str) -> str:
    """The description as JSON, wherever it stands: files are read once. Raises ValueError."""
    if not text:
        return text
    document = _read(text)
    _checked(document)
    return orjson.dumps(document).decode()


def _read(text: str) -> Any:
    """Raises ValueError."""
    if text.lstrip().startswith("{"):
        return _parsed(text, is_toml=False)
    path = Path(text)
    try:
        data = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not UTF-8") from None
    return _parsed(data, is_toml=path.suffix == ".toml")


def _parsed(data: str, *, is_toml: bool) -> Any:
    try:
        return tomllib.loads(data) if is_toml else orjson.loads(data)
    except ValueError as error:
        raise ValueError(f"no {'TOML' if is_toml else 'JSON'}: {error}") from None


def _checked(document: Any) -> tuple[CloudModel, ...]:
    """Raises ValueError, which names the field."""
    try:
        models = _Described.model_validate(document).models
    except ValidationError as error:
        raise ValueError(_words(error)) from None
    refs = [model.ref for model in models]
    for number, model in enumerate(models):
        if model.ref in refs[:number]:
            raise ValueError(f"models.{number}: {model.ref} is described twice")
        parts = {part for item in model.inputs for part in item.parts}
        if not parts > {Part.PHOTO}:
            raise ValueError(f"models.{number}.inputs: none for the photo, or for nothing else")
    return models


def _words(error: ValidationError) -> str:
    """The first field that is wrong, and what of it."""
    first, *others = error.errors(include_url=False)
    loc, text = first["loc"], first["msg"].removeprefix(_OURS)
    if others and loc and others[0]["loc"] == (*loc[:-1], "int"):
        # An input's value, which is told of once for each type that it might have been.
        loc, text = loc[:-1], "Input should be text, a finite number, true or false"
    return f"{'.'.join(str(part) for part in loc)}: {text}"


DescribedModels: TypeAlias = Annotated[str, AfterValidator(_described)]
"""Models as JSON; empty: none."""
