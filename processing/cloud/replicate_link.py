"""Predictions and files at Replicate, by way of its own client.

What the client does at its own discretion is decided in ``Border``. It is not asked to wait for a
prediction, since it would wait for ever, nor to fetch outputs, since it would show the token to
whatever host they are at.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from math import ceil
from typing import Any, Final, Self

import httpx
from pydantic.v1 import ValidationError
from replicate.client import Client
from replicate.prediction import Prediction as ClientPrediction

from processing.cloud.border import Border
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.model import CloudModel, InputValue

CALL_S: Final = 15.0
LEAST_LIFETIME_S: Final = 5
"""The shortest deadline that the service takes for a prediction."""
ID: Final = re.compile(r"[A-Za-z0-9_=-]{1,128}")
"""Of a prediction, or of a file."""
_SENSELESS: Final = (ValueError, TypeError, KeyError, RecursionError)
"""What the client raises for an answer that is not as it should be."""


class Status(StrEnum):
    """How far a prediction has come; ``ABORTED`` never ran."""

    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction as the service told it last. ``output`` is whatever the model gave."""

    id: str
    status: Status
    has_run: bool
    output: Any = None
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.status not in {Status.STARTING, Status.PROCESSING}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent to the service, and where a model finds it."""

    id: str
    address: str


class ReplicateLink:
    """An account at Replicate. Each call raises CloudFault, and none takes more than ``call_s``.

    A prediction that nobody asks after any more ends by itself after ``lifetime_s``. The token
    goes to ``base_url`` and nowhere else; ``transport`` stands for the network. Raises ValueError
    without a token or an address, for which the client would look in the environment.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        lifetime_s: float,
        call_s: float = CALL_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not token or not base_url:
            raise ValueError("a token and an address are needed")
        self._border = Border(transport or httpx.AsyncHTTPTransport(trust_env=False), call_s)
        self._client = Client(
            api_token=token,
            base_url=base_url,
            transport=self._border,
            trust_env=False,
            headers={"Cancel-After": f"{max(LEAST_LIFETIME_S, ceil(lifetime_s))}s"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._border.aclose()

    async def create(
        self, model: CloudModel, payload: dict[str, InputValue], webhook: str | None = None
    ) -> Prediction:
        """Have a prediction made, and be told at once: held until it is over, the answer would
        come sooner by a moment, but nobody could cancel what has no name yet."""
        options: dict[str, Any] = {}
        if webhook:
            options = {"webhook": webhook, "webhook_events_filter": ["completed"]}
        try:
            if model.version is None:
                by_model = self._client.models.predictions
                made = await by_model.async_create(model.ref, payload, **options)
            else:
                made = await self._client.predictions.async_create(
                    model.version, payload, **options
                )
            return _prediction(made)
        except _SENSELESS as error:
            return _unread("", error, may_be_billed=True)

    async def get(self, id_: str) -> Prediction:
        """How far it has come."""
        try:
            return _prediction(await self._client.predictions.async_get(id_))
        except _SENSELESS as error:
            return _unread(id_, error)

    async def cancel(self, id_: str) -> Prediction:
        """End it; one that is over stays as it is."""
        try:
            return _prediction(await self._client.predictions.async_cancel(id_))
        except _SENSELESS as error:
            return _unread(id_, error)

    async def send(self, jpeg: bytes) -> SentFile:
        """Send a picture that is too large to be told in a prediction's inputs."""
        try:
            sent = await self._client.files.async_create(
                BytesIO(jpeg), filename="photo.jpg", content_type="image/jpeg"
            )
            return SentFile(_id(sent.id), sent.urls["get"])
        except _SENSELESS:
            raise _senseless() from None

    async def delete(self, file: SentFile) -> None:
        """Remove a picture that was sent."""
        await self._client.files.async_delete(file.id)


def _id(told: str) -> str:
    """It becomes a part of addresses. Raises ValueError for one that cannot."""
    if not ID.fullmatch(told):
        raise ValueError("no id")
    return told


def _prediction(told: ClientPrediction) -> Prediction:
    status = Status(told.status)
    return Prediction(
        id=_id(told.id),
        status=status,
        has_run=told.started_at is not None or status in {Status.PROCESSING, Status.SUCCEEDED},
        output=told.output,
        error=told.error or "",
    )


def _unread(id_: str, error: Exception, *, may_be_billed: bool = False) -> Prediction:
    """What the client could not read: one status it does not know, or no prediction at all."""
    if isinstance(error, ValidationError):
        for part in error.errors():
            if part["loc"] == ("status",) and part.get("ctx", {}).get("given") == Status.ABORTED:
                return Prediction(id_, Status.ABORTED, has_run=False)
    raise _senseless(may_be_billed=may_be_billed) from None


def _senseless(*, may_be_billed: bool = False) -> CloudFault:
    return CloudFault(
        FallbackReason.UNAVAILABLE,
        "an answer without sense",
        is_counted=True,
        may_be_billed=may_be_billed,
    )
