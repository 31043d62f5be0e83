"""A user's styles: which there are, what they look like, and their end."""

from datetime import timedelta

from aiohttp import hdrs, web

from server.cursors import cursor_text
from server.keys import SERVICES
from server.queries import OwnQuery, read_path, read_query
from server.styles.documents import StyleAnswer, StylePath, StylesAnswer, StylesQuery
from server.styles.owned import own_style, style_photo
from storage.styles import StyleRecord


async def list_styles(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/styles``: a user's, the latest first."""
    page, styles = read_query(request, StylesQuery), request.app[SERVICES].database.styles
    # One more than is told says whether there is another page.
    found, total = await styles.of_user(page.user_id, page.limit + 1, page.offset, page.after)
    records = found[: page.limit]
    is_last = len(found) == len(records)
    return StylesAnswer(
        styles=[StyleAnswer.of(record) for record in records],
        total=total,
        limit=page.limit,
        offset=page.offset,
        next_cursor=None if is_last else cursor_text(records[-1].cursor),
    ).reply()


async def get_style(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/styles/{style_id}``."""
    return StyleAnswer.of(await _asked_for(request)).reply()


async def get_style_image(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/styles/{style_id}/image``: the photo."""
    services, record = request.app[SERVICES], await _asked_for(request)
    over = record.created_at + timedelta(seconds=services.settings.keep_results_s)
    left_s = max(0, int((over - services.clock.utc_now()).total_seconds()))
    headers: dict[str, str] = {
        hdrs.CACHE_CONTROL: f"private, max-age={left_s}, immutable",
        hdrs.CONTENT_DISPOSITION: 'inline; filename="hair-try-on-style.jpg"',
    }
    data = await style_photo(services, record)
    return web.Response(body=data, content_type="image/jpeg", headers=headers)


async def delete_style(request: web.Request) -> web.Response:
    """``DELETE /api/hair-tryOn/styles/{style_id}``: it is forgotten, with its photo."""
    record = await _asked_for(request)
    await request.app[SERVICES].keeper.delete_style(record.style_id)
    return web.Response(status=204)


async def _asked_for(request: web.Request) -> StyleRecord:
    user_id = read_query(request, OwnQuery).user_id
    return await own_style(request.app[SERVICES], read_path(request, StylePath).style_id, user_id)
