"""What a supervisor decides, and how it and its workers talk."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any, cast

import pytest

from server.serve import stop_on_signals
from server.settings import Settings
from server.supervisor import handles, seat, supervisor
from server.supervisor.balance import Burden, lightest
from server.supervisor.channel import (
    Channel,
    Connection,
    Crew,
    Leaving,
    Load,
    Message,
    Ready,
    Unusable,
)
from server.supervisor.listeners import Listeners
from server.supervisor.pauses import LONGEST_S, WELL_S, Pauses
from server.supervisor.place import WorkerPlace
from server.supervisor.seat import Seat
from server.supervisor.supervisor import HANGS_LOOKS, Supervisor
from server.supervisor.worker import SILENT_LOOKS, Worker
from tests.fakes import settle, until
from tests.logged import logged


def test_pauses_grow_until_a_worker_is_well() -> None:
    """The first end costs no time, one that ends at once again more and more."""
    pauses = Pauses()
    assert [pauses.after(1.0) for _ in range(9)] == [0, 0.5, 1, 2, 4, 8, 16, LONGEST_S, LONGEST_S]
    assert [pauses.after(WELL_S), pauses.after(1.0)] == [0, 0.5]


def test_sessions_weigh_more_than_what_mostly_waits() -> None:
    """Pages open several connections, of which one is a session."""
    live, idle = Burden(Load(2, 2, 2), given=2), Burden(Load(7, 0, 7), given=7)
    assert lightest([live, idle]) is idle
    assert lightest([]) is None


def test_what_was_given_counts_before_it_is_told_of() -> None:
    """Many may come at once, as when another worker has ended: each gets its part."""
    burdens, turns = [Burden(Load(3, 3, 3), given=3), Burden()], count(1)
    for _ in range(7):
        one = lightest(burdens)
        assert one is not None
        one.given += 1
        one.turn = next(turns)
    assert [one.given for one in burdens] == [5, 5]


def test_short_requests_take_turns() -> None:
    """Of equals the one that was given something longest ago is next."""
    burdens = [Burden(turn=2), Burden(turn=1), Burden(turn=3)]
    assert lightest(burdens) is burdens[1]


def test_messages_and_connections_come_as_they_were_sent() -> None:
    """In their order, with the handle of who has connected."""
    ours, theirs = Channel.pair()
    client, served = socket.socketpair()
    messages: list[Message] = [Ready(), Load(3, 2, 9), Unusable("wrong setting: ä"), Crew(1, 2)]
    for message in messages:
        assert ours.send(message)
    assert ours.send(Connection(), served)
    served.close()
    assert [theirs.receive() for _ in messages] == [(message, None) for message in messages]
    received = theirs.receive()
    assert received is not None
    last, connection = received
    assert (last, theirs.receive()) == (Connection(), None)
    assert connection is not None
    with connection, client:
        client.send(b"hello")
        assert connection.recv(5) == b"hello"
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()
    assert not theirs.send(Ready())
    theirs.close()


def test_a_full_channel_takes_no_more() -> None:
    """And holds nobody up."""
    ours, theirs = Channel.pair()
    sent = 0
    while ours.send(Ready()):
        sent += 1
        assert sent < 100_000
    assert theirs.receive() == (Ready(), None)
    ours.close()
    theirs.close()


def test_places_are_read_as_they_are_written() -> None:
    """On a command line."""
    place = WorkerPlace(slot=1, count=2, channel=7, folder="/tmp/a b")
    assert WorkerPlace.read(place.text()) == place


# -- a supervisor whose workers are played ---------------------------------------------------------


class Process:
    """A worker's, that ends when it is told to."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.signals = list[int]()
        self.ended = asyncio.Event()

    async def wait(self) -> int:
        await self.ended.wait()
        return 2

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


class Played(Worker):
    """A worker, and its own end of the channel."""

    theirs: Channel

    async def start(
        self, count: int = 0, folder: str = "", flags: Any = (), now_s: float = 0
    ) -> None:
        self.channel, self.theirs = Channel.pair()
        self.process = cast("asyncio.subprocess.Process", Process())

    @property
    def played(self) -> Process:
        return cast("Process", self.process)


@asynccontextmanager
async def supervised(**settings: Any) -> AsyncIterator[tuple[Supervisor, list[Played]]]:
    """A supervisor at a free port, who hears two workers, which are ready."""
    listeners = Listeners("127.0.0.1", 0)
    one = Supervisor(Settings(_env_file=None, workers=2, **settings), [], listeners)
    one._announce = None
    workers = [Played(slot=slot) for slot in range(2)]
    async with asyncio.TaskGroup() as hearing:
        for worker in workers:
            await worker.start()
            one._workers[worker.slot] = worker
            hearing.create_task(one._ended(worker))
            worker.theirs.send(Ready())
        await until(lambda: one._ready() == workers)
        yield one, workers
        for worker in workers:
            worker.played.ended.set()
    listeners.close()
    for worker in workers:
        worker.theirs.close()


def is_refused(address: tuple[str, int]) -> bool:
    """Whether nobody listens there."""
    try:
        socket.create_connection(address, timeout=1.0).close()  # which a full backlog takes
    except ConnectionRefusedError:
        return True
    return False


async def test_who_comes_when_all_leave_is_refused() -> None:
    """Clients and gateways look elsewhere at once, while the workers end their sessions."""
    async with supervised() as (one, workers):
        address = one._listeners.address
        assert not is_refused(address)
        one._stop(signal.SIGTERM)
        for worker in workers:
            worker.theirs.send(Leaving())
        await until(lambda: is_refused(address))
        assert [worker.played.signals for worker in workers] == [[signal.SIGTERM]] * 2


async def test_until_the_drain_is_over_all_are_served() -> None:
    """Balancers may not have seen yet that the server stops."""
    async with supervised(drain_s=60.0) as (one, workers):
        one._stop(signal.SIGTERM)
        assert not is_refused(one._listeners.address)
        await until(lambda: sum(worker.given for worker in workers) == 1)


async def test_who_says_nothing_is_given_nothing() -> None:
    """Clients of a worker that hangs come to the other, until it says something; after a minute it
    is ended. What is still to be read keeps it from that, however long ago the last look was."""
    async with supervised() as (one, workers):
        hung, other = workers
        with logged(supervisor) as lines:
            for _ in range(SILENT_LOOKS):
                one._look_at(hung)
        assert [line["event"] for line in lines] == ["worker says nothing"]
        with socket.socket() as client:
            for _ in range(4):
                assert one._take(client)
        assert (hung.given, other.given) == (0, 4)
        hung.theirs.send(Load(1, 1, 0))
        await until(lambda: one._ready() == workers)
        for _ in range(HANGS_LOOKS - 1):
            one._look_at(hung)
        assert not hung.played.signals
        one._look_at(hung)
        assert hung.played.signals == [signal.SIGKILL]


async def test_who_comes_while_all_channels_are_full_waits() -> None:
    """Until a worker has taken some of those that it was given: a crowd may come faster, as when
    another has ended."""
    async with supervised() as (one, workers):
        for worker in workers:
            while worker.channel.send(Ready()):
                pass
        with socket.create_connection(one._listeners.address) as client:
            await until(lambda: not one._listeners._is_open)
            assert [worker.given for worker in workers] == [0, 0]
            while workers[1].theirs.receive() is not None:
                pass
            workers[1].theirs.send(Load(0, 0, 0))
            await until(lambda: workers[1].given == 1)
            assert one._listeners._is_open
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)


async def test_it_is_said_why_a_worker_cannot_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may have become wrong since the start."""
    reason = "wrong setting: tls_cert: " + "\u0000ä" * 4000

    class Ending(Played):
        async def start(self, *args: Any, **kwargs: Any) -> None:
            await super().start()
            chair = Seat(WorkerPlace(0, 1, os.dup(self.theirs.fileno()), ""))
            chair.tell_unusable(reason)
            chair._channel.close()
            self.theirs.close()
            self.played.ended.set()

    monkeypatch.setattr(supervisor, "Worker", Ending)
    listeners = Listeners("127.0.0.1", 0)
    one = Supervisor(Settings(_env_file=None, workers=2), [], listeners)
    one._announce = None
    with logged(supervisor) as lines:
        keeping = asyncio.create_task(one._keep(0, ""))
        await until(lambda: bool(lines))
        one._stopping.set()
        await keeping
    listeners.close()
    assert lines[0]["event"] == "worker ended"
    assert reason.startswith(lines[0]["reason"])
    assert len(lines[0]["reason"]) > 500


async def test_what_a_worker_is_told_twice_is_one_stop() -> None:
    """By systemd, and by its supervisor; who means it tells the supervisor, which ends them."""
    stop, loop = stop_on_signals(ends_at_second=False), asyncio.get_running_loop()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        await until(stop.is_set)
        os.kill(os.getpid(), signal.SIGTERM)
        await settle()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


# -- file handles ----------------------------------------------------------------------------------


@contextmanager
def no_handle_free() -> Iterator[None]:
    """This process may have no more of them in the block."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_without_file_handles_nobody_is_taken_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever workers say meanwhile."""
    monkeypatch.setattr("server.supervisor.listeners.PAUSE_S", 0.01)
    one, taken = Listeners("127.0.0.1", 0), list[socket.socket]()

    def take(connection: socket.socket) -> bool:
        taken.append(connection)
        return True

    one.open(take)
    with socket.create_connection(one.address):
        with no_handle_free():
            one._accept(one._sockets[0], take)
        one.open(take)
        assert not one._is_open
        await until(lambda: bool(taken))
    one.close()


class Server:
    """That has nobody."""

    connections = ()


async def test_a_worker_without_file_handles_is_spared() -> None:
    """Who is lost is told of, and weighs no more than others that were given; nobody else comes
    until there is room."""
    worker = Played()
    await worker.start()
    chair = Seat(WorkerPlace(0, 1, os.dup(worker.theirs.fileno()), ""))
    worker.theirs.close()

    def is_ready() -> bool:
        worker.hear()
        return worker.is_ready

    settings = Settings(_env_file=None)
    taking = chair.taking(
        cast("Any", Server()), settings, None, count_sessions=int, orphaned=lambda: None
    )
    with logged(seat) as lines:
        async with taking:
            await until(is_ready)
            with socket.socket() as client, no_handle_free():
                assert worker.give(client)
                assert worker.give(client)
                await until(lambda: not is_ready())
            await until(is_ready)
    assert [line["event"] for line in lines] == ["no file handle for a connection (ulimit -n)"]
    assert (worker.given, worker.load.given, worker.weight) == (2, 2, 0)
    worker.channel.close()
    chair._channel.close()


def test_as_many_handles_as_may_be() -> None:
    """Not the 1024 that shells begin programs with."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[1] - 1, before[1]))
        handles.raise_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
