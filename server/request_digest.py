"""What a form asks for, in so few letters that it can be kept: whether it is the same again."""

import hashlib

import orjson

from server.form_fields import Form, FormFile, StoredFile


def request_digest(form: Form) -> str:
    """The same for the same fields and files only. Takes a moment for large files in memory."""
    said = {name: _said(value) for name, value in form}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _said(value: object) -> str | list[str]:
    if isinstance(value, FormFile):
        return [value.filename, value.content_type, hashlib.sha256(value.data).hexdigest()]
    if isinstance(value, StoredFile):
        return [value.filename, value.content_type, value.incoming.digest]
    return str(value)
