"""An order for an uploaded film to be changed: recorded first, then queued."""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog
from aiohttp import hdrs, web

from media.codec import encode_photo
from media.frame import Picture
from processing.look import Look, LookValues
from server.doors.entrance import sender_of
from server.errors import ErrorCode
from server.form_fields import invalid
from server.forms import FormLimits, receive_form
from server.identity import REPLAYED, data_erased, key_reused, read_idempotency_key
from server.jobs.outside import AddressRefused, checked_url
from server.keys import JOBS, PHOTOS, PHOTOS_COMING, SERVICES
from server.order_form import OrderForm
from server.picture_price import PicturePrice, picture_price
from server.quota import check_length, videos_spent
from server.replies import RequestRefused
from server.request_digest import request_digest
from server.result_answers import OrderAnswer
from server.result_cache import RESULT_CACHE, ResultCache
from server.services import Services
from server.settings import Settings
from server.studio import Studio
from server.styles.worn import with_style
from server.traces.traces import TRACE
from server.uploads import no_upload, own_upload
from storage.addresses import address_of, name_of
from storage.errors import (
    DataErased,
    KeyReused,
    QueueFull,
    StorageError,
    UploadGone,
    UserQueueFull,
    VideosSpent,
)
from storage.files import new_name
from storage.records import UploadRecord
from storage.results import ResultRecord, ResultStatus, VideoQuota
from storage.tiers import TierRecord

PHOTO_QUALITY: Final = 95

log = structlog.get_logger(__name__)


async def process_video(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/process-video``: queue an upload to be changed (section 4.1)."""
    services = request.app[SERVICES]
    settings, results = services.settings, ResultCache(services)
    limits = FormLimits(settings.max_photo_bytes, settings.body_timeout_s)
    key = read_idempotency_key(request)
    with request.app[PHOTOS_COMING].one(sender_of(request)):
        async with receive_form(request, OrderForm, limits, services.workspace) as sent:
            form = await with_style(sent, sent.user_id, services)
            order = await _order(request, form, key)
            known = await results.find(order.record, order.photos, order.tier)
            if known and known.status is ResultStatus.COMPLETED and _may_be_known(request, order):
                return _answer(OrderAnswer.of(known, 0, 0), {RESULT_CACHE: "hit"})
            # Before it is begun, which puts money aside.
            price = await _price(request, order.record)
            kept = await _taken_in(request, order)
    request[TRACE].leads_to(kept.result_id)
    is_new = kept.result_id == order.record.result_id
    if is_new and known is None:
        await results.remember(kept, order.photos, order.tier)
    told = await _told(request, kept, price)
    return _answer(told, {} if is_new else {REPLAYED: "true"})


def _may_be_known(request: web.Request, order: "_Order") -> bool:
    """Whether a result that was there before will do: one who is to be told of the end, or named
    the request to send it again, has ordered one that is made now; and so has who says it."""
    directives = ",".join(request.headers.getall(hdrs.CACHE_CONTROL, ())).lower().split(",")
    is_new_wanted = "no-cache" in (directive.strip() for directive in directives)
    record = order.record
    return not (is_new_wanted or record.webhook_url or record.idempotency_key)


async def _price(request: web.Request, record: ResultRecord) -> PicturePrice:
    """Of each of its keyframes, if it has any. Raises StorageError."""
    if record.max_keyframes is None:
        return PicturePrice()
    has_style = record.style_image_path is not None
    return await picture_price(request, record.user_id, record.haircut, has_style=has_style)


async def _told(request: web.Request, kept: ResultRecord, price: PicturePrice) -> OrderAnswer:
    """What is told of an order by this price, which is as an estimate tells it."""
    pictures, left_s = 0 if price.model is None else kept.max_keyframes or 0, 1
    # It is in the queue by now: who is told otherwise would order it twice.
    with suppress(StorageError):
        left_s = await request.app[JOBS].left_s(replace(kept, max_keyframes=pictures))
    return OrderAnswer.of(kept, left_s, pictures * price.micro_usd)


def _answer(told: OrderAnswer, headers: Mapping[str, str]) -> web.Response:
    answer = told.reply(202)
    answer.headers.update(headers)
    return answer


@dataclass(frozen=True, slots=True)
class _Order:
    """What is wanted, the photos that belong to it, by their addresses, and its owner's tier."""

    record: ResultRecord
    photos: Mapping[str, bytes]
    tier: TierRecord | None


async def _order(request: web.Request, form: OrderForm, key: str | None) -> _Order:
    """What the form asks for, checked. Raises RequestRefused."""
    services, photos = request.app[SERVICES], dict[str, bytes]()
    _check_webhook(services.settings, form.webhook_url)
    keyframes = form.keyframes(services.settings)
    upload = await own_upload(request, form.upload_id, form.user_id)
    if (tier := await services.tariff.of_user(upload.user_id)) is not None:
        check_length(tier, upload.duration)
    with request.app[PHOTOS].one():
        look = await _checked_look(Studio(services), form)
        style = await _named(request, "style", look.style, photos)
        color = await _named(request, "color", look.color_photo, photos)
    record = replace(
        _record(services, form, upload, look),
        max_keyframes=None if keyframes is None else min(keyframes, upload.frame_count),
        style_image_path=style,
        color_image_path=color,
        idempotency_key=key,
        request_digest=await asyncio.to_thread(request_digest, form) if key else None,
    )
    return _Order(record, photos, tier)


def _record(services: Services, form: OrderForm, upload: UploadRecord, look: Look) -> ResultRecord:
    """The upload, to be changed in this way, without photos."""
    now = services.clock.utc_now()
    return ResultRecord(
        result_id=str(uuid.uuid4()),
        upload_id=upload.upload_id,
        user_id=upload.user_id,
        style_image_path=None,
        color_image_path=None,
        look=look.values().model_dump(mode="json", exclude_none=True),
        sampling_rate=form.sampling_rate or services.settings.sampling_rate,
        stabilize=form.stabilize,
        haircut=form.haircut,
        size_mpx=upload.size_mpx,
        result_video_path=address_of(new_name("result", ".mp4")),
        thumbnail_path=address_of(new_name("thumb", ".jpg")),
        status=ResultStatus.QUEUED,
        frames_total=upload.frame_count,
        created_at=now,
        updated_at=now,
        webhook_url=form.webhook_url,
    )


def _check_webhook(settings: Settings, text: str | None) -> None:
    """Raises RequestRefused for an address that will not be called."""
    if text is None:
        return
    if not settings.webhook_secret.get_secret_value():
        raise invalid("webhook_url", "nobody is told here, since no secret is set", closes=False)
    try:
        checked_url(text, settings.webhook_trusted)
    except AddressRefused as error:
        raise invalid("webhook_url", str(error), closes=False) from None


async def _checked_look(studio: Studio, form: OrderForm) -> Look:
    """What is to be applied, with photos that something can be taken from."""
    values, has_name = form.look or LookValues(), form.haircut is not None
    look = await studio.look(values, *form.photos, may_be_empty=has_name)
    for name, photo in (("style_image", look.style), ("color_image", look.color_photo)):
        if photo is not None:
            await studio.work(name, studio.engine_of(look).check_photo, photo)
    return look


async def _named(
    request: web.Request, kind: str, photo: Picture | None, photos: dict[str, bytes]
) -> str | None:
    """The address of a photo that is added to these: as it will be used, small, and with nothing
    of what came with it."""
    if photo is None:
        return None
    studio, address = Studio(request.app[SERVICES]), address_of(new_name(kind, ".jpg"))
    photos[address] = await studio.work(kind, encode_photo, photo, "jpeg", PHOTO_QUALITY)
    return address


async def _taken_in(request: web.Request, order: _Order) -> ResultRecord:
    """The record that is in the queue, with its photos: of an earlier order, where this one came
    before. Of one that is not taken in nothing stays."""
    services = request.app[SERVICES]
    try:
        async with services.keeper.coming(list(order.photos), order.record.user_id):
            for address, data in order.photos.items():
                await services.files.write(name_of(address), data)
            return await _submitted(request, order)
    except UploadGone:
        raise no_upload() from None
    except QueueFull:
        raise RequestRefused(503, ErrorCode.SERVER_FULL, "Too many videos are waiting") from None
    except UserQueueFull:
        text = "Too many videos of this user are waiting"
        raise RequestRefused(429, ErrorCode.RATE_LIMITED, text) from None
    except KeyReused:
        raise key_reused() from None
    except DataErased:
        raise data_erased() from None


async def _submitted(request: web.Request, order: _Order) -> ResultRecord:
    """In the queue, and counted where its owner has a tier. Raises RequestRefused, and as
    JobQueue.submit."""
    jobs, tier = request.app[JOBS], order.tier
    if tier is None:
        return await jobs.submit(order.record, None)
    try:
        return await jobs.submit(order.record, VideoQuota(tier.videos_per_month))
    except VideosSpent:
        raise videos_spent(tier, request.app[SERVICES].clock.utc_now()) from None
