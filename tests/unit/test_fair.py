"""Who gets the next worker: shares, order, no credit for idling, withdrawal."""

from random import Random

import pytest

from processing.fair import FairQueue, Share, Ticket


def _granted(queue: FairQueue) -> Ticket:
    ticket = queue.grant()
    assert ticket is not None
    return ticket


def _serve(queue: FairQueue, cost_s: float) -> Share:
    """Grant one ticket and charge it."""
    ticket = _granted(queue)
    queue.charge(ticket, cost_s)
    return ticket.share


def test_empty_grants_nothing() -> None:
    """With nobody in line there is no ticket."""
    queue = FairQueue()
    assert queue.grant() is None
    assert len(queue) == 0


def test_equals_are_served_in_order() -> None:
    """Sessions that have had the same are served first come, first served."""
    queue, shares = FairQueue(), [Share() for _ in range(5)]
    for share in shares:
        queue.request(share)
    assert len(queue) == 5
    assert [_granted(queue).share for _ in shares] == shares
    assert len(queue) == 0


def test_who_had_less_goes_first() -> None:
    """The session that has had less of the workers overtakes one that has had more."""
    queue, dear, cheap = FairQueue(), Share(), Share()
    for share, cost_s in ((dear, 0.5), (cheap, 0.1)):
        queue.request(share)
        _serve(queue, cost_s)
    queue.request(dear)
    queue.request(cheap)
    assert [_granted(queue).share, _granted(queue).share] == [cheap, dear]


def test_withdrawn_is_passed_over() -> None:
    """A ticket that left the line is never granted; leaving twice does no harm."""
    queue, gone, stays = FairQueue(), Share(), Share()
    ticket = queue.request(gone)
    queue.request(stays)
    queue.withdraw(ticket)
    queue.withdraw(ticket)
    assert len(queue) == 1
    assert _granted(queue).share is stays
    assert queue.grant() is None


def test_withdrawing_after_the_grant_does_nothing() -> None:
    """A granted ticket is no longer in line, so it cannot leave it."""
    queue = FairQueue()
    queue.request(Share())
    queue.withdraw(_granted(queue))
    assert len(queue) == 0


def test_a_turn_given_back_costs_nothing() -> None:
    """A turn that was not used leaves the account where it was."""
    queue, share = FairQueue(), Share()
    queue.request(share)
    _serve(queue, 0.0)
    assert share.attained_s == 0.0


def _shares_after(queue: FairQueue, costs_s: list[float], turns: int) -> list[float]:
    """Time attained by sessions that always want more, with these costs a turn."""
    shares = [Share() for _ in costs_s]
    total_s = [0.0] * len(shares)
    for share in shares:
        queue.request(share)
    for _ in range(turns):
        ticket = _granted(queue)
        index = shares.index(ticket.share)
        queue.request(ticket.share)
        queue.charge(ticket, costs_s[index])
        total_s[index] += costs_s[index]
    return total_s


@pytest.mark.parametrize("costs_s", [[0.02] * 8, [0.01, 0.02, 0.04, 0.08], [0.001, 0.3]])
def test_time_is_shared_evenly_not_turns(costs_s: list[float]) -> None:
    """Sessions that always want more get the same time, within two of the dearest turns."""
    total_s = _shares_after(FairQueue(), costs_s, 5000)
    assert max(total_s) - min(total_s) <= 2.0 * max(costs_s) + 1e-9


def test_idling_earns_no_credit() -> None:
    """One that comes back after a long rest shares from then on, and locks nobody out."""
    queue, busy, rested = FairQueue(), Share(), Share()
    for _ in range(1000):
        queue.request(busy)
        _serve(queue, 0.1)
    turns = {busy: 0, rested: 0}
    queue.request(busy)
    queue.request(rested)
    for _ in range(40):
        share = _serve(queue, 0.1)
        turns[share] += 1
        queue.request(share)
    assert abs(turns[busy] - turns[rested]) <= 4


@pytest.mark.parametrize("seed", range(20))
def test_every_ticket_is_granted_once_or_withdrawn(seed: int) -> None:
    """For any coming, going and leaving: no ticket is lost, none is granted twice."""
    random, queue = Random(seed), FairQueue()
    shares = [Share() for _ in range(5)]
    waiting: set[int] = set()
    tickets: dict[int, Ticket] = {}
    for _ in range(500):
        step = random.random()
        if step < 0.5:
            ticket = queue.request(random.choice(shares))
            waiting.add(ticket.number)
            tickets[ticket.number] = ticket
        elif step < 0.6 and waiting:
            number = random.choice(sorted(waiting))
            queue.withdraw(tickets[number])
            waiting.remove(number)
        elif (granted := queue.grant()) is not None:
            waiting.remove(granted.number)
            queue.charge(granted, random.random())
        assert len(queue) == len(waiting)
    while (granted := queue.grant()) is not None:
        waiting.remove(granted.number)
    assert not waiting
