"""How often users and addresses may do something (report section 7.2), in windows that slide."""

import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import methodcaller
from typing import Final, TypeAlias

import structlog
from aiohttp import hdrs, web

from media.clock import Clock
from server.doors.addresses import Network, client_of, is_of, site_of
from server.doors.costs import Costs
from server.errors import ErrorCode
from server.replies import RequestRefused, UsedUp
from server.settings import Settings
from storage.errors import StorageError
from storage.windows import OwnWindows, Taken, Window, Windows

RATE_LIMIT: Final = "RateLimit"
RATE_LIMIT_POLICY: Final = "RateLimit-Policy"
HOUR_S: Final = 3600
MINUTE_S: Final = 60
_NAMES: Final[Mapping[int, str]] = {HOUR_S: "an hour", MINUTE_S: "a minute"}
Ask: TypeAlias = Callable[[Windows], Awaitable[Taken]]
SPENT: Final = web.RequestKey("spent", list[tuple[Window, Taken]])
"""What the request has used up, and what is left."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """``windows`` are counted in, and in ``own`` what this server has let through. It counts too,
    and alone while the others are away: nobody is refused for that, and whatever they forget,
    nobody may do as they please. Where nothing is shared they are the same.

    ``proxies`` say where they have requests from; ``gateways``, unless they are among them, pass on
    whatever their clients say of that."""

    windows: Windows
    own: Windows
    of: Mapping[Costs, Sequence[Window]]
    proxies: Sequence[Network]
    gateways: Sequence[Network] = ()

    @classmethod
    def by(cls, settings: Settings, windows: Windows, clock: Clock) -> "Limits":
        """Those of the settings."""
        calls = Window("calls", settings.calls_per_hour, HOUR_S)
        uploads = Window("uploads", settings.uploads_per_hour, HOUR_S)
        connections = Window("connections", settings.connections_per_minute, MINUTE_S)
        # The scarcer one first.
        costs: Mapping[Costs, Sequence[Window]] = {
            Costs.NOTHING: (),
            Costs.CALL: (calls,),
            Costs.UPLOAD: (uploads, calls),
            Costs.CONNECTION: (connections,),
        }
        own = windows if isinstance(windows, OwnWindows) else OwnWindows(clock.monotonic)
        return cls(windows, own, costs, settings.proxy_networks, settings.gateway_networks)

    async def spend(self, request: web.Request, costs: Costs, user_id: str) -> None:
        """Count the request as its user's, or its address's. Raises RequestRefused: 429."""
        is_of_address = self.is_of_address(request, costs)
        key = _key(f"address {self.site(request)}" if is_of_address else f"user {user_id}")
        windows = self.of[costs]
        if not windows:
            return
        spent = request[SPENT] = []
        # What is refused for one reason uses up nothing of another's.
        for window in windows[1:]:
            _note(spent, window, await self._asked(window, key, methodcaller("look", window, key)))
        spent.clear()
        for window in windows:
            _note(spent, window, await self._asked(window, key, methodcaller("take", window, key)))

    async def _asked(self, window: Window, key: str, ask: Ask) -> Taken:
        # What this server alone refuses uses up nothing of what is shared.
        known = await self.own.look(window, key)
        if not known.is_free:
            return known
        try:
            shared = await ask(self.windows)
        except StorageError:
            log.info("limits are counted by this server alone", window=window.name)
            return await ask(self.own)
        if self.own is self.windows or not shared.is_free:
            return shared
        own = await ask(self.own)
        return shared if own.is_free else own

    def is_of_address(self, request: web.Request, costs: Costs) -> bool:
        """Whether it counts as its address's, which is not known behind a proxy or gateway that
        does not say where it has the request from."""
        is_known = not is_of((*self.proxies, *self.gateways), self._address(request))
        return costs is Costs.CONNECTION and is_known

    def site(self, request: web.Request) -> str:
        """Whose address it comes from."""
        return site_of(self._address(request))

    def _address(self, request: web.Request) -> str:
        return client_of(request, self.proxies)


async def tell_limits(request: web.Request, response: web.StreamResponse) -> None:
    """What is left of what the request has used up
    (draft-ietf-httpapi-ratelimit-headers, version 10)."""
    if spent := request.get(SPENT):
        response.headers[RATE_LIMIT_POLICY] = ", ".join(
            f'"{window.name}";q={window.amount};w={window.length_s}' for window, _ in spent
        )
        response.headers[RATE_LIMIT] = ", ".join(
            f'"{window.name}";r={taken.left};t={math.ceil(taken.again_s)}'
            for window, taken in spent
        )


def _note(spent: list[tuple[Window, Taken]], window: Window, taken: Taken) -> None:
    """Raises RequestRefused: 429."""
    spent.append((window, taken))
    if not taken.is_free:
        raise _refused(window, taken)


def _refused(window: Window, taken: Taken) -> RequestRefused:
    again_s = max(1, math.ceil(taken.again_s))
    length = _NAMES[window.length_s]
    text = f"At most {window.amount} {window.name} within {length}: come again in {again_s} s"
    headers: dict[str, str] = {hdrs.RETRY_AFTER: str(again_s)}
    used_up = UsedUp(window.name, window.amount, window.length_s, again_s)
    return RequestRefused(
        429, ErrorCode.RATE_LIMITED, text, used_up=used_up, headers=headers, closes=True
    )


def _key(who: str) -> str:
    """Whose count it is, in a form in which nobody reads whose; who has them all may still find out
    by trying. Servers that count together share a Redis, and need share no secret."""
    return hashlib.sha256(who.encode()).hexdigest()
