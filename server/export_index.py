"""The page of an export that people read: what is kept of them, and where in the ZIP it is."""

from collections.abc import AsyncGenerator, Callable, Container
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final, TypeAlias, TypeVar

from media.clock import iso_utc
from server.documents import Documents, Pages
from server.export_places import photo_place, result_place, style_place, upload_place
from storage.records import ConsentRecord, SessionRecord, UploadRecord
from storage.results import ResultRecord
from storage.spending import MICRO, UsageRecord
from storage.styles import StyleRecord
from storage.tiers import UserTierRecord

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

Row: TypeAlias = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndexPage:
    """HTML. ``places`` are those of what is in the ZIP."""

    documents: Documents
    places: Container[str]

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The page, from its beginning. Raises StorageError."""
        yield self._beginning().encode()
        documents = self.documents
        for table in (
            _table("Videos you uploaded", ("When", "File", "Length", "Size", "Status"),
                   documents.uploads(), self._upload),
            _table("Videos that were changed", ("When", "Status", "", "", "", ""),
                   documents.results(), self._result),
            _table("Styles you had made", ("When", "Words", "Photo"),
                   documents.styles(), self._style),
            _table("Live sessions", ("From", "To", "Status", "Frames", "", ""),
                   documents.sessions(), self._session),
            _table("Consent", ("Since", "Said last", "This server", "Cloud", "Notice"),
                   documents.consents(), _consent),
            _table("Tier", ("Name", "Since"), documents.tiers(), _tier),
            _table("What was done for you", ("Month", "Videos ordered", "Cost"),
                   documents.usages(), _usage),
        ):  # fmt: skip
            async with aclosing(table):
                async for text in table:
                    yield text.encode()
        yield b"</body></html>\n"

    def _beginning(self) -> str:
        return (
            f"{_HEAD}<h1>Your data</h1><p>All that this service keeps of "
            f"<b>{escape(self.documents.user_id)}</b>, as of {_moment(self.documents.made_at)}. "
            'Every field is in <a href="data.json">data.json</a>. The frames of live sessions are '
            "not kept.</p>"
        )

    def _upload(self, one: UploadRecord) -> Row:
        link = self._link(upload_place(one), one.filename)
        size = f"{one.file_size} bytes"
        return (_moment(one.created_at), link, f"{one.duration:.1f} s", size, one.status)

    def _result(self, one: ResultRecord) -> Row:
        def link(path: str | None, words: str) -> str:
            return self._link(result_place(one, path), words) if path in one.files else ""

        return (
            _moment(one.created_at),
            one.status,
            link(one.result_video_path, "video"),
            link(one.thumbnail_path, "thumbnail"),
            link(one.style_image_path, "style photo"),
            link(one.color_image_path, "colour photo"),
        )

    def _style(self, one: StyleRecord) -> Row:
        return (_moment(one.created_at), escape(one.prompt), self._link(style_place(one), "photo"))

    def _session(self, one: SessionRecord) -> Row:
        style, color = one.style_image_data, one.color_image_data
        return (
            _moment(one.connected_at),
            _moment(one.last_activity),
            one.status,
            f"{one.frames_processed}",
            self._link(photo_place(one, "style"), "style photo") if style else "",
            self._link(photo_place(one, "color"), "colour photo") if color else "",
        )

    def _link(self, place: str, words: str) -> str:
        if place not in self.places:
            return f"{escape(words)}: not in here"
        return f'<a href="{escape(place)}">{escape(words)}</a>'


def _consent(one: ConsentRecord) -> Row:
    said = (_yes_or_no(one.processing), _yes_or_no(one.cloud), escape(one.notice))
    return (_moment(one.given_at), _moment(one.updated_at), *said)


def _tier(one: UserTierRecord) -> Row:
    return (one.tier, _moment(one.given_at))


def _usage(one: UsageRecord) -> Row:
    return (one.month, f"{one.videos}", f"${one.spent_micro_usd / MICRO:.2f}")


def _yes_or_no(is_so: bool) -> str:
    return "yes" if is_so else "no"


async def _table(
    title: str, heads: Row, pages: Pages[T], row: Callable[[T], Row]
) -> AsyncGenerator[str, None]:
    yield f"<h2>{title}</h2>"
    before = f"<table><tr>{''.join(f'<th>{one}</th>' for one in heads)}</tr>"
    end = "<p>None.</p>"
    async with aclosing(pages):
        async for page in pages:
            yield before + "".join(_cells(row(one)) for one in page)
            before, end = "", "</table>"
    yield end


def _cells(row: Row) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"


def _moment(moment: datetime) -> str:
    return iso_utc(moment)[:19].replace("T", " ") + " UTC"
