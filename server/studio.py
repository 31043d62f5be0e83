"""Where photos are worked on, in steps that live frames come in between."""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import structlog

from media.codec import PictureError, PictureTooLarge, decode_photo
from media.frame import Picture
from processing.engine import Engine, NoPerson, PhotoError, Rendered
from processing.fair import Share
from processing.look import Look, LookError, LookValues
from server.errors import ErrorCode, picture_fault
from server.replies import RequestRefused
from server.services import Services

P = ParamSpec("P")
R = TypeVar("R")

PHOTO: Final = "image"
FRAME: Final = "frame"
"""What a picture is called to who has sent it: a field of a form, or one of a live session."""

log = structlog.get_logger(__name__)


class Studio:
    """One request's picture, whose ``name`` errors say. Everything raises RequestRefused, naming
    the field that is at fault."""

    def __init__(self, services: Services, name: str = PHOTO) -> None:
        self.name = name
        self._services = services
        self._share = Share()

    def engine_of(self, look: Look) -> Engine:
        """Who applies the look."""
        return self._services.engines.get(look.engine)

    async def look(
        self,
        values: LookValues,
        style: bytes | None,
        color: bytes | None,
        *,
        may_be_empty: bool = False,
    ) -> Look:
        """The look of these values, and of a style and a colour photo as they came."""
        engines, side_px = self._services.engines, self._services.settings.photo_side_px
        try:
            engine = engines.get(values.engine or engines.default).name
            look = Look(engine).with_values(values, engine)
        except LookError as error:
            raise RequestRefused(422, ErrorCode.INVALID_LOOK, f"look: {error}") from None
        if style is not None:
            look = look.with_style(await self.picture("style_image", style, side_px))
        if color is not None:
            look = look.with_color_photo(await self.picture("color_image", color, side_px))
        check_look(look, may_be_empty=may_be_empty)
        return look

    async def check_color(self, look: Look) -> None:
        """Whether there is a colour in the look's colour photo, if it has one."""
        if look.color_photo is not None:
            await self.work("color_image", self.engine_of(look).check_photo, look.color_photo)

    async def render(self, photo: Picture, look: Look) -> Rendered:
        """The photo, BGR, in full size with the look applied."""
        reference = "color_image" if look.color_photo is not None else "style_image"
        rendered = await self.work(reference, self.engine_of(look).retouch, photo, look)
        if rendered.heads == 0:
            raise RequestRefused(422, ErrorCode.NO_PERSON, f"{self.name}: {NoPerson()}")
        return rendered

    async def picture(self, name: str, data: bytes, side_px: int | None = None) -> Picture:
        """The photo of that field as it came, decoded; BGR, no side longer than that."""
        max_px = self._services.settings.max_picture_px
        return await self.work(name, decode_photo, data, max_px, side_px)

    async def work(self, name: str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Make a call on a worker, as a turn of its own."""
        try:
            async with self._services.pool.long_turn(self._share) as turn:
                return await turn.run(call, *args, **kwargs)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise _refusal(name, error) from None


def check_look(look: Look, *, may_be_empty: bool) -> None:
    """Raises RequestRefused (422)."""
    if look.is_empty and not may_be_empty:
        raise nothing_to_apply()


def nothing_to_apply() -> RequestRefused:
    """422, of an empty look."""
    return RequestRefused(422, ErrorCode.INVALID_LOOK, "look: there is nothing to apply")


def _refusal(name: str, error: Exception) -> RequestRefused:
    code, text = picture_fault(error, "Failed to process the photo")
    if isinstance(error, PictureTooLarge):
        return RequestRefused(413, code, f"{name}: {text}")
    if isinstance(error, PictureError):
        return RequestRefused(400, code, f"{name}: {text}")
    if isinstance(error, PhotoError):
        return RequestRefused(422, code, f"{name}: {text}")
    log.error("photo failed", exc_info=error)
    return RequestRefused(500, code, text)
