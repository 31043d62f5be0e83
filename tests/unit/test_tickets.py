"""Tickets: good once, for a minute, and at every server that shares keys and cache."""

import base64

import pytest

from server.doors.caller import Caller
from server.doors.refusals import DoorsAway, NotLetIn
from server.doors.tickets import GOOD_S, MOST_LENGTH, REMEMBERED_S, Tickets
from server.doors.uses import OwnUses, SharedUses
from server.ids import USER_ID
from storage.keyring import Key, Keyring
from storage.memory_cache import MemoryCache
from tests.fakes import ManualClock

OLD, NEW = Key(b"o" * 32), Key(b"n" * 32)
ANN = Caller("ann", is_admin=True)


def shared(cache: MemoryCache) -> SharedUses:
    return SharedUses(cache, "ticket", REMEMBERED_S)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> MemoryCache:
    return MemoryCache(2**20, clock.monotonic)


@pytest.fixture
def tickets(cache: MemoryCache, clock: ManualClock) -> Tickets:
    return Tickets(Keyring([NEW, OLD]), shared(cache), clock)


async def test_a_ticket_is_good_once(tickets: Tickets) -> None:
    """It says who has it, the first time."""
    first, second = tickets.issue(ANN), tickets.issue(ANN)
    assert await tickets.redeem(first) == ANN
    assert await tickets.redeem(second) == ANN
    for ticket in (first, second, first):
        with pytest.raises(NotLetIn):
            await tickets.redeem(ticket)


async def test_a_ticket_says_until_when(tickets: Tickets) -> None:
    """What is begun with it goes on no longer than with what it was got by."""
    for expires_s in (None, 1.8e9 + 30.5):
        ticket = tickets.issue(Caller("ann", expires_s=expires_s))
        assert (await tickets.redeem(ticket)).expires_s == expires_s


async def test_a_ticket_lasts_a_minute(tickets: Tickets, clock: ManualClock) -> None:
    """No longer; and it cannot be used again while its use might be forgotten."""
    ticket, late = tickets.issue(ANN), tickets.issue(ANN)
    clock.advance(GOOD_S)
    assert await tickets.redeem(ticket) == ANN
    for _ in range(4):
        with pytest.raises(NotLetIn):
            await tickets.redeem(ticket)
        clock.advance(GOOD_S)
    with pytest.raises(NotLetIn):
        await tickets.redeem(late)


async def test_other_servers_know_it(
    tickets: Tickets, cache: MemoryCache, clock: ManualClock
) -> None:
    """Also if its key is not the current one there; with other keys it is good nowhere."""
    there = Tickets(Keyring([OLD]), shared(cache), clock)
    ticket = there.issue(ANN)
    assert await tickets.redeem(ticket) == ANN
    with pytest.raises(NotLetIn):
        await there.redeem(ticket)
    with pytest.raises(NotLetIn):
        await there.redeem(tickets.issue(ANN))


async def test_nothing_can_be_read_from_it_or_changed(tickets: Tickets) -> None:
    """Logs may keep it: it shows no user's id, and every changed letter makes it worthless."""
    ticket = tickets.issue(Caller("somebody.with.a.long.name"))
    assert b"somebody" not in base64.urlsafe_b64decode(ticket)
    for place in range(0, len(ticket), 7):
        other = "A" if ticket[place] != "A" else "B"
        with pytest.raises(NotLetIn):
            await tickets.redeem(ticket[:place] + other + ticket[place + 1 :])
    assert (await tickets.redeem(ticket)).user_id == "somebody.with.a.long.name"


@pytest.mark.parametrize("text", ["", "x", "é", "\udcff", "\0", "A" * MOST_LENGTH, "A" * 10**6],
                         ids=range(7))  # fmt: skip
async def test_what_is_no_ticket(tickets: Tickets, text: str) -> None:
    """It is refused."""
    with pytest.raises(NotLetIn):
        await tickets.redeem(text)


async def test_without_a_cache_nobody_is_let_in_twice(tickets: Tickets, cache: MemoryCache) -> None:
    """Where uses cannot be counted no ticket is taken."""
    ticket = tickets.issue(ANN)
    await cache.close()
    with pytest.raises(DoorsAway):
        await tickets.redeem(ticket)


async def test_without_redis_a_ticket_is_its_servers(clock: ManualClock) -> None:
    """Good once there, and nowhere else though the keys are the same."""
    here, there = (Tickets(Keyring([NEW]), OwnUses(clock, REMEMBERED_S), clock) for _ in range(2))
    ticket = here.issue(ANN)
    with pytest.raises(NotLetIn):
        await there.redeem(ticket)
    assert await here.redeem(ticket) == ANN
    for _ in range(3):
        with pytest.raises(NotLetIn):
            await here.redeem(ticket)
        clock.advance(GOOD_S / 2)
    assert await here.redeem(here.issue(ANN)) == ANN


async def test_a_flood_of_tickets_is_bounded(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is taken whose use could not be remembered; later there is room again."""
    monkeypatch.setattr("server.doors.uses.MOST_USED", 3)
    tickets = Tickets(Keyring([NEW]), OwnUses(clock, REMEMBERED_S), clock)
    for _ in range(3):
        await tickets.redeem(tickets.issue(ANN))
    with pytest.raises(DoorsAway):
        await tickets.redeem(tickets.issue(ANN))
    clock.advance(2 * GOOD_S)
    assert await tickets.redeem(tickets.issue(ANN)) == ANN


async def test_no_erasure_forgets_uses(tickets: Tickets, cache: MemoryCache) -> None:
    """They are counted under an id that no user can have."""
    ticket = tickets.issue(ANN)
    await tickets.redeem(ticket)
    assert USER_ID.fullmatch("/") is None
    for user_id in ("ann", "-", "."):
        await cache.forget_user(user_id)
    with pytest.raises(NotLetIn):
        await tickets.redeem(ticket)
