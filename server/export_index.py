"""The page of an export that people read: what is kept of them, and where in the ZIP it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from media.clock import iso_utc
from storage.records import SessionRecord, UploadRecord
from storage.results import ResultRecord

_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hair try-on: your data</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #ccc }
</style></head><body>
"""


@dataclass(frozen=True, slots=True)
class Documents:
    """A user's records."""

    user_id: str
    made_at: datetime
    sessions: list[SessionRecord]
    uploads: list[UploadRecord]
    results: list[ResultRecord]


def index_page(documents: Documents, places: Mapping[str, str | None]) -> str:
    """HTML. ``places`` says where in the ZIP the file at a path, or a photo by its key, is."""

    def link(path: str | None, words: str) -> str:
        if path is None:
            return ""
        place = places.get(path)
        return f'<a href="{escape(place)}">{escape(words)}</a>' if place else f"{words}: not kept"

    uploads = [
        (_moment(one.created_at), link(one.file_path, one.filename), f"{one.duration:.1f} s",
         f"{one.file_size} bytes", one.status)
        for one in documents.uploads
    ]  # fmt: skip
    results = [
        (_moment(one.created_at), one.status, link(one.result_video_path, "video"),
         link(one.thumbnail_path, "thumbnail"), link(one.style_image_path, "style photo"),
         link(one.color_image_path, "colour photo"))
        for one in documents.results
    ]  # fmt: skip
    sessions = [
        (_moment(one.connected_at), _moment(one.last_activity), one.status,
         f"{one.frames_processed}", link(one.style_image_data, "style photo"),
         link(one.color_image_data, "colour photo"))
        for one in documents.sessions
    ]  # fmt: skip
    return (
        f"{_HEAD}<h1>Your data</h1><p>All that this service keeps of "
        f"<b>{escape(documents.user_id)}</b>, as of {_moment(documents.made_at)}. Every field is "
        'in <a href="data.json">data.json</a>. The frames of live sessions are not kept.</p>'
        + _table("Videos you uploaded", ("When", "File", "Length", "Size", "Status"), uploads)
        + _table("Videos that were changed", ("When", "Status", "", "", "", ""), results)
        + _table("Live sessions", ("From", "To", "Status", "Frames", "", ""), sessions)
        + "</body></html>\n"
    )


def _table(title: str, heads: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>None.</p>"
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{body}</table>"


def _moment(moment: datetime) -> str:
    return iso_utc(moment)[:19].replace("T", " ") + " UTC"
