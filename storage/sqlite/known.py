"""Whose files are these? Paths that SQLite knows of."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import orjson

_NAMED: Final = """
    SELECT value FROM json_each(?)
    WHERE EXISTS (SELECT 1 FROM uploads WHERE file_path = value)
        OR EXISTS (SELECT 1 FROM styles WHERE file_path = value)
        OR EXISTS (SELECT 1 FROM results WHERE result_video_path = value)
        OR EXISTS (SELECT 1 FROM results WHERE thumbnail_path = value)
        OR EXISTS (SELECT 1 FROM results WHERE style_image_path = value)
        OR EXISTS (SELECT 1 FROM results WHERE color_image_path = value)
"""
_KNOWN: Final = f"{_NAMED} OR EXISTS (SELECT 1 FROM loose WHERE path = value)"


def known(connection: sqlite3.Connection, paths: Sequence[str]) -> set[str]:
    """See Database.known."""
    return _among(connection, _KNOWN, paths)


def named(connection: sqlite3.Connection, paths: Sequence[str]) -> set[str]:
    """Those of the paths that a record names, over or not."""
    return _among(connection, _NAMED, paths)


def _among(connection: sqlite3.Connection, statement: str, paths: Sequence[str]) -> set[str]:
    values = (orjson.dumps(list(paths)).decode(),)
    return {row["value"] for row in connection.execute(statement, values).fetchall()}
