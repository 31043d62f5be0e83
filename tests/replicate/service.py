"""The stand-in for ``api.replicate.com``: predictions, files and the webhooks' secret."""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final

import orjson
from aiohttp import web

from media.clock import Clock, SystemClock
from tests.replicate.files import StoredFiles, read_form
from tests.replicate.predictions import OVER, Course, Prediction, seconds_of
from tests.replicate.server import RecordingServer
from tests.replicate.webhooks import WebhookSender

TOKEN: Final = "r8_a_token_for_tests_only"
LONGEST_WAIT_S: Final = 60.0
_LOOK_S: Final = 0.005


class ReplicateService(RecordingServer):
    """Speaks the documented API; ``orders`` tells it how to fail.

    Operations: ``create``, ``get``, ``cancel``, ``upload``, ``file``, ``delete_file``,
    ``secret``. ``course`` is how predictions go that are made from now on. ``required`` are the
    inputs without which a model says 422, ``models`` those that are official; None knows all.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.course = Course()
        self.required: tuple[str, ...] = ()
        self.models: frozenset[str] | None = None
        self.predictions: dict[str, Prediction] = {}
        self.secret = "whsec_" + b64encode(b"a secret that is for tests only").decode()
        self.webhooks = WebhookSender(self.secret)
        self.files = StoredFiles()
        self._clock = clock or SystemClock()

    @property
    def billed(self) -> list[str]:
        """The predictions that have run."""
        now_s = self._clock.monotonic()
        return [one.id for one in self.predictions.values() if one.has_started(now_s)]

    def statuses(self) -> list[str]:
        """The predictions' statuses, in the order in which they were made."""
        now_s = self._clock.monotonic()
        return [one.status(now_s) for one in self.predictions.values()]

    def routes(self) -> Sequence[tuple[str, web.RouteDef]]:
        """See RecordingServer."""
        one, file = "/v1/predictions/{id}", "/v1/files/{id}"
        return [
            ("create", web.post("/v1/predictions", self._create)),
            ("create", web.post("/v1/models/{owner}/{name}/predictions", self._create)),
            ("get", web.get(one, self._get)),
            ("cancel", web.post(f"{one}/cancel", self._cancel)),
            ("upload", web.post("/v1/files", self._upload)),
            ("file", web.get(file, self._file)),
            ("delete_file", web.delete(file, self._delete_file)),
            ("secret", web.get("/v1/webhooks/default/secret", self._secret)),
        ]

    async def stop(self) -> None:
        """See RecordingServer."""
        await self.webhooks.close()
        await super().stop()

    # -- operations -----------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.Response:
        self._check_token(request)
        body = orjson.loads(await request.read())
        model = "/".join(request.match_info.get(part, "") for part in ("owner", "name"))
        self._check_model(model, body)
        self._check_input(body.get("input", {}))
        prediction = self._made(request, model.strip("/"), body)
        self.predictions[prediction.id] = prediction
        begun = self._shown(prediction.id, 201)
        await self._announce(prediction)
        if self.webhooks.comes_first:
            return begun
        await self._wait(prediction.id, request.headers.get("Prefer", ""))
        return self._shown(prediction.id, 201)

    def _made(self, request: web.Request, model: str, body: dict[str, Any]) -> Prediction:
        events = body.get("webhook_events_filter")
        lifetime = request.headers.get("Cancel-After")
        prediction = Prediction(
            id=f"p{len(self.predictions) + 1:04}",
            model=model,
            version=body.get("version", "hidden"),
            input=body.get("input", {}),
            course=self.course,
            created_s=self._clock.monotonic(),
            created=self._clock.utc_now(),
            cancel_after_s=seconds_of(lifetime) if lifetime else inf,
            webhook=body.get("webhook"),
        )
        return replace(prediction, events=tuple(events)) if events else prediction

    async def _get(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return self._shown(self._known(request), 200)

    async def _cancel(self, request: web.Request) -> web.Response:
        self._check_token(request)
        id_ = self._known(request)
        now_s = self._clock.monotonic()
        self.predictions[id_] = self.predictions[id_].cancelled(now_s)
        return self._shown(id_, 200)

    async def _upload(self, request: web.Request) -> web.Response:
        self._check_token(request)
        made = self.files.add(*read_form(request.headers["Content-Type"], await request.read()))
        return web.json_response(self.files.describe(made, self.url), status=201)

    async def _file(self, request: web.Request) -> web.Response:
        self._check_token(request)
        stored = self.files.get(request.match_info["id"])
        return web.json_response(self.files.describe(stored, self.url))

    async def _delete_file(self, request: web.Request) -> web.Response:
        self._check_token(request)
        self.files.delete(request.match_info["id"])
        return web.Response(status=204)

    async def _secret(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return web.json_response({"key": self.secret})

    # -- rules ----------------------------------------------------------------------------------

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given, f"Bearer {TOKEN}"):
            raise problem(401, "Unauthenticated", "You did not pass a valid authentication token")

    def _check_model(self, model: str, body: dict[str, Any]) -> None:
        is_official = model != "/"
        if is_official and self.models is not None and model not in self.models:
            raise problem(404, "Not found", "The requested resource could not be found.")
        if not is_official and not body.get("version"):
            raise problem(422, "Input validation failed", "- version is required\n")

    def _check_input(self, given: dict[str, Any]) -> None:
        missing = [name for name in self.required if name not in given]
        if missing:
            told = "".join(f"- input: {name} is required\n" for name in missing)
            raise problem(422, "Input validation failed", told)

    def _known(self, request: web.Request) -> str:
        id_ = request.match_info["id"]
        if id_ not in self.predictions:
            raise problem(404, "Not found", "The requested resource could not be found.")
        return id_

    def _shown(self, id_: str, status: int) -> web.Response:
        now_s = self._clock.monotonic()
        shown = self.predictions[id_].describe(now_s, self.url)
        return web.json_response(shown, status=status)

    async def _wait(self, id_: str, prefer: str) -> None:
        """``Prefer: wait[=seconds]``: hold the answer until the prediction is over."""
        if not prefer.startswith("wait"):
            return
        longest_s = float(prefer.partition("=")[2] or LONGEST_WAIT_S)
        until_s = self._clock.monotonic() + longest_s
        while (now_s := self._clock.monotonic()) < until_s:
            if self.predictions[id_].status(now_s) in OVER:
                return
            await asyncio.sleep(_LOOK_S)

    async def _announce(self, prediction: Prediction) -> None:
        """Tell the webhook when it is over."""
        if prediction.webhook is None or "completed" not in prediction.events:
            return

        async def over() -> dict[str, Any]:
            while True:
                now_s = self._clock.monotonic()
                current = self.predictions[prediction.id]
                if current.status(now_s) in OVER:
                    return current.describe(now_s, self.url)
                await asyncio.sleep(_LOOK_S)

        await self.webhooks.announce(prediction.webhook, over())


def problem(status: int, title: str, detail: str, **more: Any) -> web.HTTPException:
    """An error as the API words them."""
    body = {"title": title, "detail": detail, "status": status, **more}
    error = web.HTTPBadRequest(text=orjson.dumps(body).decode(), content_type="application/json")
    error.set_status(status)
    return error


def throttled(seconds: int) -> dict[str, Any]:
    """The body of a 429, as documented."""
    unit = "second" if seconds == 1 else "seconds"
    return {
        "title": "Too Many Requests",
        "detail": f"Request was throttled. Expected available in {seconds} {unit}.",
        "status": 429,
    }
