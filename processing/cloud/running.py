"""One prediction under way, from the moment it is asked for until nobody wants it any more."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.model import CloudModel, InputValue
from processing.cloud.patience import Patience
from processing.cloud.replicate_link import Prediction, ReplicateLink, Status

Pause: TypeAlias = Callable[[str, float], Awaitable[None]]
"""Waits so many seconds, or less when it hears that the prediction of that id is over."""
_INDECENT: Final = re.compile(r"nsfw|sensitive|E005|content policy|safety", re.IGNORECASE)


class Running:
    """Asks for one prediction, once: what may have been made is not made a second time."""

    def __init__(self, link: ReplicateLink, patience: Patience, pause: Pause) -> None:
        self._link = link
        self._patience = patience
        self._pause = pause
        self._is_asked_for = False
        self._asking: asyncio.Task[None] | None = None
        self._prediction: Prediction | None = None

    @property
    def may_be_billed(self) -> bool:
        """Whether it has run, or nobody knows."""
        if self._prediction is None:
            return self._is_asked_for
        return self._prediction.has_run or not self._prediction.is_over

    async def begin(
        self,
        model: CloudModel,
        payload: dict[str, InputValue],
        webhook: str | None,
        until_s: float,
    ) -> None:
        """Have it made. Raises CloudFault."""

        async def ask() -> None:
            # Who leaves meanwhile can call it off by the name alone that comes with the answer.
            self._asking = asyncio.create_task(self._create(model, payload, webhook))
            await asyncio.shield(self._asking)

        await self._patience.insist(ask, until_s)

    async def finish(self, until_s: float) -> Prediction:
        """Wait until it is over, and well. Raises CloudFault."""
        looks = self._patience.looks()
        prediction = self._known()
        while not prediction.is_over:
            await self._pause(prediction.id, next(looks))
            prediction = self._prediction = await self._patience.insist(
                lambda: self._link.get(self._known().id), until_s
            )
        if prediction.status is not Status.SUCCEEDED:
            raise _fault_of(prediction)
        return prediction

    async def end(self) -> None:
        """Cancel it, if it is not over, as soon as it has a name; never raises, and takes a moment
        at most."""
        await self._named()
        if self._prediction is None or self._prediction.is_over:
            return
        with suppress(Exception):
            async with asyncio.timeout(self._patience.end_s):
                self._prediction = await self._link.cancel(self._prediction.id)

    async def _create(
        self, model: CloudModel, payload: dict[str, InputValue], webhook: str | None
    ) -> None:
        self._is_asked_for = True
        try:
            self._prediction = await self._link.create(model, payload, webhook)
        except CloudFault as fault:
            self._is_asked_for = fault.may_be_billed
            raise

    async def _named(self) -> None:
        """Return when the service has answered, or does not in a moment."""
        if self._asking is None or self._asking.done():
            return
        with suppress(CloudFault, TimeoutError):
            async with asyncio.timeout(self._patience.end_s):
                await self._asking

    def _known(self) -> Prediction:
        if self._prediction is None:
            raise RuntimeError("it was not begun")
        return self._prediction


def _fault_of(prediction: Prediction) -> CloudFault:
    """Why it did not end well. The model's own words are not repeated: they may quote inputs. Who
    has any has looked at the picture: that it is of no use says nothing of the service."""
    if prediction.status is Status.FAILED and _INDECENT.search(prediction.error):
        return CloudFault(FallbackReason.REFUSED, "held to be indecent")
    is_late = prediction.status is Status.ABORTED
    reason = FallbackReason.TIMED_OUT if is_late else FallbackReason.FAILED
    is_told = prediction.status is Status.FAILED and prediction.error != ""
    return CloudFault(reason, prediction.status, is_counted=not is_told)
