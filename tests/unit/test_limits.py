"""Limits: whose count a request is one of, and what is counted where."""

from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.doors.costs import Costs
from server.doors.limits import Limits
from server.listed import networks_of
from server.replies import RequestRefused
from storage.errors import StorageFailed
from storage.windows import OwnWindows, Taken, Window
from tests.fakes import Connection, ManualClock

HOUR_S = 3600
ONCE = Window("calls", 1, HOUR_S)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def limits_of(proxies: str, clock: ManualClock) -> Limits:
    """One connection an hour."""
    windows = OwnWindows(clock.monotonic)
    return Limits(windows, windows, {Costs.CONNECTION: [ONCE]}, networks_of(proxies))


def asked(peer: str, told: str = "") -> web.Request:
    """A request from that address, and what a proxy says of where it has it from."""
    headers = {"X-Forwarded-For": told} if told else {}
    return make_mocked_request("GET", "/", headers=headers, transport=Connection(peer))


async def is_let_in(limits: Limits, request: web.Request, user_id: str) -> bool:
    try:
        await limits.spend(request, Costs.CONNECTION, user_id)
    except RequestRefused:
        return False
    return True


class Away(OwnWindows):
    """Others' counts, which can be away."""

    is_away = False

    async def take(self, window: Window, key: str) -> Taken:
        """See Windows."""
        if self.is_away:
            raise StorageFailed("away")
        return await super().take(window, key)


async def test_what_is_refused_here_uses_up_nothing_elsewhere(clock: ManualClock) -> None:
    """Who has tried again and again, for what was done while the others were away, is not kept out
    for longer."""
    shared = Away(clock.monotonic)
    limits = Limits(shared, OwnWindows(clock.monotonic), {Costs.CONNECTION: [ONCE]}, ())
    ann = asked("192.0.2.1")
    shared.is_away = True
    assert await is_let_in(limits, ann, "ann")
    shared.is_away = False
    clock.advance(HOUR_S / 2)
    for _ in range(3):
        assert not await is_let_in(limits, ann, "ann")
    clock.advance(HOUR_S / 2)
    assert await is_let_in(limits, ann, "ann")


@pytest.mark.parametrize("proxy", ["10.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_proxy_that_says_nothing(proxy: str, clock: ManualClock) -> None:
    """All users come from its address: each counts alone."""
    limits = limits_of("10.0.0.1, ::1, fd00::1", clock)
    assert await is_let_in(limits, asked(proxy), "ann")
    assert await is_let_in(limits, asked(proxy), "bob")
    assert not await is_let_in(limits, asked(proxy), "ann")


@pytest.mark.parametrize(("proxies", "expected"), [("", [True, False]), ("::1", [False, True])])
async def test_a_gateway_passes_on_what_clients_say(
    proxies: str, expected: list[bool], clock: ManualClock
) -> None:
    """It is no address until it is said that the gateway adds to it: the user counts."""
    limits = replace(limits_of(proxies, clock), gateways=networks_of("::1"))
    assert await is_let_in(limits, asked("::1", "192.0.2.1"), "ann")
    others = [(asked("::1", "192.0.2.1"), "bob"), (asked("::1", "192.0.2.2"), "ann")]
    assert [await is_let_in(limits, *one) for one in others] == expected


async def test_a_customer_has_one_address(clock: ManualClock) -> None:
    """Of IPv6 it is the part that all of a customer's have alike; whoever the user is."""
    limits = limits_of("", clock)
    assert await is_let_in(limits, asked("2001:db8::1"), "ann")
    assert not await is_let_in(limits, asked("2001:db8::ffff:1"), "bob")
    assert await is_let_in(limits, asked("2001:db8:0:1::1"), "ann")
