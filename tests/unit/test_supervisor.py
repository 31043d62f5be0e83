"""What a supervisor decides, and how it and its workers talk."""

import socket
from itertools import count

import pytest

from server.supervisor.balance import Burden, lightest
from server.supervisor.channel import Channel, Connection, Crew, Load, Message, Ready, Unusable
from server.supervisor.pauses import LONGEST_S, WELL_S, Pauses
from server.supervisor.place import WorkerPlace


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
