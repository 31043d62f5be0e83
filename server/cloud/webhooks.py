"""Replicate tells when predictions are over (``POST webhooks/replicate``).

Signed as in Standard Webhooks, and checked by its library: that of Replicate's client takes any
version of a signature. Of what is told only the id is believed, and that as "look now": who waits
for the prediction asks Replicate itself, so that nothing comes of what is told twice. Replicate
signs each try anew, with its time: one that comes again as it was is somebody else's, and refused.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import orjson
from aiohttp import hdrs, web
from standardwebhooks import Webhook, WebhookVerificationError

from processing.cloud.replicate_link import ID
from server.bodies import read_bounded
from server.doors.entrance import sender_of
from server.doors.refusals import DoorsAway
from server.errors import ErrorCode
from server.keys import DOORBELL, HEARD, SERVICES, WEBHOOKS
from server.replies import RequestRefused

MOST_BYTES: Final = 2 * 1024 * 1024
"""What is told repeats the prediction's inputs, with pictures of up to a quarter of a megabyte."""
MESSAGE_ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
_TIME: Final = re.compile(r"[1-9][0-9]{0,11}")
"""Whole seconds, written in one way: the library takes any number that comes to them."""
BODY_S: Final = 10.0
"""Strangers, too, hold a place until their body is there: Replicate does not dribble."""
HEARD_S: Final = 2 * 300 + 60
"""Webhooks may come five minutes early by their time, and again as late; the clock may be set
back."""


class NotSigned(Exception):
    """It does not come from Replicate, or not within five minutes, or again, or cannot be
    understood."""


async def hear_replicate(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/webhooks/replicate``: a prediction is over."""
    settings = request.app[SERVICES].settings
    secret = settings.replicate_webhook_secret.get_secret_value()
    if not secret:
        raise RequestRefused(404, ErrorCode.NOT_FOUND, "No webhooks are expected", closes=True)
    if SIGNATURE not in request.headers or hdrs.CONTENT_ENCODING in request.headers:
        raise _forbidden()  # of what is coded other bytes would be read than were signed
    with request.app[WEBHOOKS].one(sender_of(request)):
        patience_s = min(BODY_S, settings.body_timeout_s)
        body = await read_bounded(request, MOST_BYTES, patience_s)
        try:
            prediction_id = told_id(secret, request.headers, body)
            await _insist_on_first(request)
        except NotSigned:
            raise _forbidden() from None
    request.app[DOORBELL].ring(prediction_id)
    return web.Response(status=204)


async def _insist_on_first(request: web.Request) -> None:
    """Raises NotSigned if it was heard before. Where that cannot be known it does no harm."""
    told = f"{request.headers[MESSAGE_ID]}\n{request.headers[TIMESTAMP]}"
    with suppress(DoorsAway):
        if await request.app[HEARD].count(hashlib.sha256(told.encode()).hexdigest()) > 1:
            raise NotSigned("heard before")


def told_id(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The id of the prediction that a webhook tells of. Raises NotSigned."""
    named = {name.lower(): value for name, value in dict(headers).items()}
    if _TIME.fullmatch(named.get(TIMESTAMP, "")) is None:
        raise NotSigned("no time")
    try:
        Webhook(secret).verify(body, named, json_parse=False)
        told = orjson.loads(body)
    except (WebhookVerificationError, ValueError) as error:
        # The library leaves some of what is malformed to Python, whose errors these are.
        raise NotSigned(type(error).__name__) from None
    prediction_id = told.get("id") if isinstance(told, dict) else None
    if not (isinstance(prediction_id, str) and ID.fullmatch(prediction_id)):
        raise NotSigned("no prediction")
    return prediction_id


def _forbidden() -> RequestRefused:
    text = "The webhook is not signed by Replicate within the last five minutes, or comes again"
    return RequestRefused(403, ErrorCode.FORBIDDEN, text, closes=True)
