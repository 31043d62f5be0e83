"""Where in the ZIP of an export the files and photos are."""

from pathlib import PurePosixPath
from typing import Final

from storage.records import SessionRecord, UploadRecord
from storage.results import ResultRecord
from storage.styles import StyleRecord

_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def upload_place(upload: UploadRecord) -> str:
    """Of an upload: under the name that its owner gave it, as far as all systems take it."""
    name = "".join(one if one in _LETTERS else "_" for one in upload.filename)
    return f"uploads/{upload.upload_id}/{name.lstrip('.') or 'video'}"


def result_place(result: ResultRecord, path: str) -> str:
    """Of the file at one of the result's paths."""
    kind, _, rest = PurePosixPath(path).name.partition("_")
    return f"results/{result.result_id}/{kind}{PurePosixPath(rest).suffix}"


def style_place(style: StyleRecord) -> str:
    """Of a style's photo."""
    return f"styles/{style.style_id}.jpg"


def photo_place(session: SessionRecord, kind: str) -> str:
    """Of the photo of this kind that a live session wears."""
    return f"sessions/{session.session_id}/{kind}.jpg"
