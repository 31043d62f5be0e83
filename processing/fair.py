"""Who gets the next free worker: max-min fair shares of processing time, a pure decision.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): a request is tagged with the time
its session has attained, or with the system's virtual time if that is later, and the smallest tag
goes first. A session that asks for more than its share only takes what the others leave; one that
was idle gets next to no credit for it. The cost is charged after the work, when it is known.
"""

import heapq
from dataclasses import dataclass, field

CREDIT_S = 0.1
"""How far a session may lag behind the virtual time and keep its claim.

Work is not interrupted, and a session asks again only after its worker was handed on. Without some
credit whoever has short frames loses, at every long frame of somebody else's, time that it never
gets back. With much, a session that was idle would lock the others out when it returns.
"""


class Share:
    """One session's account of processing time."""

    __slots__ = ("attained_s",)

    def __init__(self) -> None:
        self.attained_s = 0.0


@dataclass(order=True, slots=True)
class Ticket:
    """A request for a worker, in the order in which requests are granted."""

    tag_s: float
    number: int
    share: Share = field(compare=False)
    in_line: bool = field(default=True, compare=False)


class FairQueue:
    """Tickets waiting for a worker."""

    def __init__(self) -> None:
        self._tickets: list[Ticket] = []
        self._virtual_s = 0.0
        self._number = 0
        self._waiting = 0

    def __len__(self) -> int:
        """How many tickets wait; a withdrawn one does not."""
        return self._waiting

    def request(self, share: Share) -> Ticket:
        """Stand in line."""
        self._number += 1
        ticket = Ticket(max(share.attained_s, self._virtual_s - CREDIT_S), self._number, share)
        heapq.heappush(self._tickets, ticket)
        self._waiting += 1
        return ticket

    def grant(self) -> Ticket | None:
        """Take the ticket whose turn it is out of the line; None when nobody waits."""
        while self._tickets:
            ticket = heapq.heappop(self._tickets)
            if ticket.in_line:
                self._leave(ticket)
                self._virtual_s = max(self._virtual_s, ticket.tag_s)
                return ticket
        return None

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the line before the turn has come; leaving twice, or after it, does nothing."""
        if ticket.in_line:
            self._leave(ticket)

    def charge(self, ticket: Ticket, cost_s: float) -> None:
        """Put the cost of a granted ticket's work on its session's account."""
        share = ticket.share
        share.attained_s = max(share.attained_s, ticket.tag_s) + cost_s

    def _leave(self, ticket: Ticket) -> None:
        ticket.in_line = False
        self._waiting -= 1
