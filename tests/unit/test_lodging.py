"""Which sessions are at home at an instance, and how they come there and go."""

from collections.abc import Mapping
from typing import cast

import pytest

from server import background
from server.instances import lodging as lodging_module
from server.instances.lodging import HAND_OVERS, KNOWN_S, SharedLodging
from server.instances.messenger import Messenger
from server.instances.neighbours import InstanceGone, InstanceSilent, Neighbours
from server.journal import SessionJournal
from storage.errors import SessionOwnedByOther, StorageFailed
from storage.records import SessionRecord
from tests.fakes import ManualClock, until
from tests.integration.records import RECORD
from tests.logged import logged

HERE, THERE = "10.0.0.1:8001", "10.0.0.2:8001"


class OneHomes:
    """As Homes, in memory; away if ``is_away``."""

    def __init__(self) -> None:
        self.at = dict[str, str]()
        self.since_ms = dict[str, int]()
        self.there = list[str]()
        self.is_away = False
        self.fault: Exception | None = None
        self.rival: str | None = None
        """Who always claims it a moment before."""

    async def find(self, session_id: str) -> str | None:
        self._check()
        return self.at.get(session_id)

    async def claim(self, session_id: str, address: str, since_ms: int) -> str | None:
        self._check()
        if self.rival is not None:
            self.at[session_id] = self.rival
        before, self.at[session_id] = self.at.get(session_id), address
        self.since_ms[session_id] = since_ms
        return before

    async def renew(self, since_ms: Mapping[str, int], address: str) -> list[str]:
        self._check()
        elsewhere = list[str]()
        for one, own_ms in since_ms.items():
            is_away = self.at.get(one, address) != address
            if is_away and self.since_ms.get(one, own_ms) >= own_ms:
                elsewhere.append(one)
            else:
                self.at[one], self.since_ms[one] = address, own_ms
        return elsewhere

    async def present(self, address: str) -> list[str]:
        self._check()
        self.there = [*dict.fromkeys([*self.there, address])]
        return self.there

    async def absent(self, address: str) -> None:
        self._check()
        self.there.remove(address)

    async def leave(self, session_id: str, address: str) -> None:
        self._check()
        if self.at.get(session_id) == address:
            del self.at[session_id]

    def _check(self) -> None:
        if self.is_away:
            raise StorageFailed("away")
        if self.fault is not None:
            raise self.fault


class Asked(Neighbours):
    """Answers, or fails, as it is told; notes what is asked."""

    def __init__(self) -> None:
        self.asked = list[tuple[str, str, str]]()
        self.answer: int | Exception = 204
        self.body = b""

    async def ask(
        self, address: str, method: str, target: str, within_s: float
    ) -> tuple[int, bytes]:
        self.asked.append((address, method, target))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, self.body


class Written(SessionJournal):
    """What is pending, without a database."""

    def __init__(self) -> None:
        self.unwritten = set[str]()
        self.is_stuck = False
        self.noted = list[SessionRecord]()

    def note(self, record: SessionRecord) -> None:
        self.noted.append(record)

    def pending(self, session_id: str) -> SessionRecord | None:
        return cast("SessionRecord", self) if session_id in self.unwritten else None

    async def settle(self, session_id: str) -> None:
        if not self.is_stuck:
            self.unwritten.discard(session_id)


@pytest.fixture
def homes() -> OneHomes:
    return OneHomes()


@pytest.fixture
def others() -> Asked:
    return Asked()


@pytest.fixture
def journal() -> Written:
    return Written()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def lodging(homes: OneHomes, others: Asked, journal: Written, clock: ManualClock) -> SharedLodging:
    return SharedLodging(homes, others, HERE, journal, clock)


async def test_a_session_is_asked_for_where_it_is(
    lodging: SharedLodging, homes: OneHomes, others: Asked
) -> None:
    """And is at home here then; nobody is asked for one that is nowhere, or here."""
    homes.at["s1"] = THERE
    assert await lodging.elsewhere("s1") == THERE
    await lodging.fetch("s1", "a:b@c")
    target = "/-/hand-over?session_id=s1&user_id=a%3Ab%40c"
    assert others.asked == [(THERE, "POST", target)]
    await lodging.settle("s1", "a:b@c")
    assert homes.at == {"s1": HERE}
    assert await lodging.elsewhere("s1") is None
    await lodging.fetch("s1", "a:b@c")
    await lodging.fetch("s2", "a:b@c")
    assert len(others.asked) == 1


@pytest.mark.parametrize(
    ("answer", "level"),
    [(204, None), (InstanceGone(), "info"), (InstanceSilent(), "warning"), (500, "warning")],
)
async def test_who_does_not_answer_is_not_waited_for(
    lodging: SharedLodging,
    homes: OneHomes,
    others: Asked,
    answer: int | Exception,
    level: str | None,
) -> None:
    """Its client is here; the log says where its last document may be missed."""
    homes.at["s1"], others.answer = THERE, answer
    with logged(lodging_module) as lines:
        await lodging.fetch("s1", "u1")
        await lodging.settle("s1", "u1")
    assert homes.at == {"s1": HERE}
    assert len(others.asked) == 1
    assert [line["log_level"] for line in lines] == ([level] if level else [])


async def test_a_document_that_was_not_written_comes_along(
    lodging: SharedLodging, homes: OneHomes, others: Asked, journal: Written
) -> None:
    """It is what the session goes on from, and is written here; not over what it is already."""
    homes.at["s1"], others.answer = THERE, 200
    others.body = lodging_module.DOCUMENT.dump_json(RECORD)
    await lodging.fetch("s1", "u1")
    assert journal.noted == [RECORD]
    homes.at["s1"] = THERE
    await lodging.settle("s1", "u1")
    homes.at["s1"], others.body = THERE, b"{}"
    with logged(lodging_module) as lines:
        await lodging.fetch("s1", "u1")
    assert len(lines) == 1
    assert journal.noted == [RECORD]


async def test_another_users_session_stays_where_it_is(
    lodging: SharedLodging, homes: OneHomes, others: Asked
) -> None:
    """The instance that has it knows whose it is."""
    homes.at["s1"], others.answer = THERE, 403
    with pytest.raises(SessionOwnedByOther):
        await lodging.fetch("s1", "u2")
    assert homes.at == {"s1": THERE}


async def test_of_several_who_claim_it_the_last_has_it(
    lodging: SharedLodging, homes: OneHomes, others: Asked
) -> None:
    """Each asks the one before, but not for ever."""
    homes.at["s1"] = THERE
    await lodging.settle("s1", "u1")
    assert [address for address, _, _ in others.asked] == [THERE]
    homes.rival = THERE
    await lodging.settle("s1", "u1")
    assert len(others.asked) == 1 + HAND_OVERS


async def test_it_is_at_home_until_its_document_is_written(
    lodging: SharedLodging, homes: OneHomes, journal: Written
) -> None:
    """Whoever takes it up elsewhere has to ask here first."""
    await lodging.settle("s1", "u1")
    journal.unwritten.add("s1")
    lodging.left("s1")
    await lodging.look()
    assert homes.at == {"s1": HERE}
    journal.unwritten.clear()
    await lodging.look()
    assert not homes.at


async def test_who_comes_back_has_not_left(lodging: SharedLodging, homes: OneHomes) -> None:
    """Also if it is looked only then."""
    await lodging.settle("s1", "u1")
    lodging.left("s1")
    await lodging.settle("s1", "u1")
    await lodging.look()
    assert homes.at == {"s1": HERE}


async def test_one_that_is_elsewhere_by_now_is_lost(
    lodging: SharedLodging, homes: OneHomes
) -> None:
    """It is told; one that nobody has is here again."""
    lost = list[str]()
    lodging.when_lost(lost.append)
    for session_id in ("s1", "s2"):
        await lodging.settle(session_id, "u1")
    homes.at = {"s1": THERE}
    await lodging.renew()
    assert lost == ["s1"]
    assert homes.at == {"s1": THERE, "s2": HERE}


async def test_all_goes_on_without_homes(
    lodging: SharedLodging, homes: OneHomes, journal: Written
) -> None:
    """As if there were no others; when they are back it is known again who is here."""
    homes.is_away = True
    await lodging.fetch("s1", "u1")
    await lodging.settle("s1", "u1")
    with pytest.raises(StorageFailed):
        await lodging.elsewhere("s1")
    await lodging.renew()
    homes.is_away = False
    await lodging.renew()
    assert homes.at == {"s1": HERE}


@pytest.mark.parametrize("is_first", [True, False])
async def test_of_two_whose_home_nobody_knew_the_younger_has_it(
    lodging: SharedLodging, homes: OneHomes, clock: ManualClock, *, is_first: bool
) -> None:
    """Whoever says so first: that is the connection which its client has."""
    lost, elsewhere = list[str](), list[str]()
    other = SharedLodging(homes, Asked(), THERE, Written(), clock)
    lodging.when_lost(lost.append)
    other.when_lost(elsewhere.append)
    homes.is_away = True
    await lodging.settle("s1", "u1")
    clock.advance(0.5)
    await other.settle("s1", "u1")
    homes.is_away = False
    for one in (lodging, other) if is_first else (other, lodging):
        await one.renew()
    assert homes.at == {"s1": THERE}
    await lodging.renew()
    assert (lost[:1], elsewhere) == (["s1"], [])


async def test_at_the_end_all_is_written_and_let_go(
    lodging: SharedLodging, homes: OneHomes, journal: Written
) -> None:
    """Clients are told to go elsewhere: there their documents are looked for."""
    for session_id in ("s1", "s2"):
        await lodging.settle(session_id, "u1")
    journal.unwritten.add("s2")
    await lodging.renew()
    assert homes.there == [HERE]
    await lodging.close()
    assert not homes.at
    assert not homes.there
    assert not journal.unwritten


async def test_who_is_going_does_not_come_back(
    lodging: SharedLodging, homes: OneHomes, journal: Written
) -> None:
    """What it goes on doing until its end needs the others, and what is not written its home."""
    await lodging.settle("s1", "u1")
    await lodging.renew()
    journal.is_stuck = True
    journal.unwritten.add("s1")
    await lodging.close()
    homes.at.clear()
    homes.there = [THERE]
    await lodging.renew()
    assert await lodging.others() == [THERE]
    assert (homes.there, homes.at) == ([THERE], {"s1": HERE})


async def test_the_others_are_told_whatever_goes_wrong(
    lodging: SharedLodging, homes: OneHomes, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that nobody thought of costs one turn."""
    monkeypatch.setattr(lodging_module, "LOOK_S", 0.0)
    homes.fault = ZeroDivisionError()
    with logged(background) as lines:
        async with background.at_work(lodging.run()):
            await until(lambda: bool(lines))
            homes.fault = None
            clock.advance(lodging_module.RENEW_S)
            await until(lambda: homes.there == [HERE])
    assert {line["event"] for line in lines} == {"other instances not told who is here"}


async def test_an_erasure_is_told_all_others(
    lodging: SharedLodging, homes: OneHomes, others: Asked, clock: ManualClock
) -> None:
    """Each says how many sessions have ended there; nobody who is away holds it up. Who was there
    a moment ago is told too: it may have stood still, or Redis have come back empty."""
    homes.there = [HERE, THERE, "unix:/run/0.sock"]
    others.answer, others.body = 200, b"2"
    assert await Messenger(lodging, others).erased("a:b") == 4
    target = "/-/erased?user_id=a%3Ab"
    assert others.asked == [(THERE, "POST", target), ("unix:/run/0.sock", "POST", target)]
    for answer in (InstanceGone(), InstanceSilent(), 500):
        others.answer = answer
        assert await Messenger(lodging, others).erased("a:b") == 0
    others.answer = 200
    homes.there = []
    assert await Messenger(lodging, others).erased("a:b") == 4
    homes.is_away = True
    assert await Messenger(lodging, others).erased("a:b") == 4
    clock.advance(KNOWN_S)
    assert await Messenger(lodging, others).erased("a:b") == 0
    homes.is_away = False
    await lodging.renew()
    assert await lodging.others() == []
