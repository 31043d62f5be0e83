"""Puts the packets of a video track back into frames. Pure: time is handed in, nothing is sent.

A frame is handed over as soon as it is whole: at the packet with the RTP marker, not when the next
frame's first packet comes, which is a frame's time later. A marker that got lost costs that time,
and no more. A packet that is missing is waited for, as it may be sent again; after a while it is
given up, and nothing is handed over until a key frame stands on its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

SEQUENCES = 1 << 16
"""RTP's sequence numbers begin anew after so many packets."""
PATIENCE_S = 0.2
"""So long a missing packet may come late, or again, unless the way is known to be a long one: three
round trips of a good mobile network."""
ASK_AGAIN_S = 0.3
"""A key frame that was asked for should have come by then."""
MAX_FRAGMENTS = 512
MAX_BYTES = 1 << 20
"""What may wait behind a missing packet: three seconds at 3 Mb/s."""
MAX_JUMP = 3000
"""A packet so far from the last one belongs to another stream: everything begins anew."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One packet: ``sequence`` (16 bits) and ``timestamp`` (32 bits, 90 kHz) as RTP has them.

    ``is_last`` is its marker. ``begins_frame`` is true where the packet alone tells that a frame
    begins with it that needs no other (see `keyframes`).
    """

    sequence: int
    timestamp: int
    is_last: bool
    begins_frame: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """A frame with all of its bytes; a key frame needs no other."""

    timestamp: int
    data: bytes
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a packet brought: frames in their order; whether to ask for a key frame."""

    frames: tuple[Whole, ...] = ()
    wants_key: bool = False


class Assembler:
    """One track's packets."""

    def __init__(self) -> None:
        self.patience_s = PATIENCE_S
        self._waiting: dict[int, Fragment] = {}
        self._bytes = 0
        self._next: int | None = None
        self._highest = 0
        self._blocked_s: float | None = None
        self._asked_s: float | None = None
        self._key_came_s: float | None = None
        self._lacks_key = True

    @property
    def lacks_key(self) -> bool:
        """Whether nothing can be decoded before a key frame has come."""
        return self._lacks_key

    def missing(self, most: int) -> list[int]:
        """The places, in their order, of the first packets that others wait for; see `SEQUENCES`.

        While a key frame is lacked only what is missing of the newest one is of use.
        """
        first = self._newest_key() if self._lacks_key else self._next
        if first is None:
            return []
        places = range(first, self._highest)
        return list(islice((place for place in places if place not in self._waiting), most))

    def _newest_key(self) -> int | None:
        keys = [place for place, one in self._waiting.items() if one.begins_frame]
        return max(keys, default=None)

    def add(self, fragment: Fragment, now_s: float) -> Assembled:
        """Take in a packet; ``now_s`` is any monotonic time."""
        self._keep(fragment)
        frames = list(self._whole())
        self._mind_the_gap(now_s)
        if self._lacks_key:
            frames.extend(self._resumed())
        return Assembled(tuple(frames), self._should_ask(now_s))

    def lose_key(self) -> None:
        """The decoder has failed: begin again with the next key frame."""
        self._lacks_key = True

    def _keep(self, fragment: Fragment) -> None:
        place = self._place(fragment.sequence)
        if (self._next is not None and place < self._next) or place in self._waiting:
            return
        self._waiting[place] = fragment
        self._bytes += len(fragment.data)
        self._highest = max(self._highest, place)

    def _place(self, sequence: int) -> int:
        """The sequence number in a row that does not begin anew."""
        near = self._highest
        step = (sequence - near + SEQUENCES // 2) % SEQUENCES - SEQUENCES // 2
        if abs(step) > MAX_JUMP or (self._next is None and not self._waiting):
            self._begin_anew()
            self._highest = sequence + SEQUENCES
            return self._highest
        return near + step

    def _begin_anew(self) -> None:
        self._waiting.clear()
        self._bytes = 0
        self._next = None
        self._lacks_key = True
        self._blocked_s = None

    def _whole(self) -> Iterator[Whole]:
        """The frames that are whole, from the next one on."""
        while self._next is not None and not self._lacks_key:
            end = self._end_of(self._next)
            if end is None:
                return
            yield self._taken(self._next, end)

    def _end_of(self, start: int) -> int | None:
        """The place behind the frame that begins at ``start``, if all of its packets are there."""
        first = self._waiting.get(start)
        place = start
        while first is not None and (fragment := self._waiting.get(place)) is not None:
            if fragment.timestamp != first.timestamp:
                return place
            place += 1
            if fragment.is_last:
                return place
        return None

    def _taken(self, start: int, end: int) -> Whole:
        fragments = [self._waiting.pop(place) for place in range(start, end)]
        self._bytes -= sum(len(fragment.data) for fragment in fragments)
        self._next, self._blocked_s = end, None
        data = b"".join(one.data for one in fragments)
        return Whole(fragments[0].timestamp, data, any(one.begins_frame for one in fragments))

    def _mind_the_gap(self, now_s: float) -> None:
        """Give up what has been missing for too long, or keeps too much waiting."""
        if not self._waiting or self._lacks_key:
            self._blocked_s = None
            if len(self._waiting) > MAX_FRAGMENTS or self._bytes > MAX_BYTES:
                self._forget(min(self._waiting) + len(self._waiting) // 2)
            return
        if self._blocked_s is None:
            self._blocked_s = now_s
        too_long = now_s - self._blocked_s > self.patience_s and self._has_gap()
        if too_long or len(self._waiting) > MAX_FRAGMENTS or self._bytes > MAX_BYTES:
            self._lacks_key = True

    def _has_gap(self) -> bool:
        """Whether something is missing, and not only late at the end."""
        return self._next is not None and len(self._waiting) < self._highest - self._next + 1

    def _resumed(self) -> Iterator[Whole]:
        """From the newest key frame on that is whole, what follows it; nothing if there is none."""
        starts = [place for place, one in self._waiting.items() if self._begins(place, one)]
        for start in sorted(starts, reverse=True):
            if self._end_of(start) is not None:
                self._forget(start)
                self._next, self._lacks_key = start, False
                self._asked_s = self._key_came_s = None
                yield from self._whole()
                return

    def _begins(self, place: int, fragment: Fragment) -> bool:
        """Whether a key frame begins here. In H.264 several of its packets may look like it, or
        others stand before the one that does: delimiters, information for the decoder."""
        before = self._waiting.get(place - 1)
        if before is None:
            return fragment.begins_frame
        return before.timestamp != fragment.timestamp and self._has_key(place, fragment.timestamp)

    def _has_key(self, place: int, timestamp: int) -> bool:
        """Whether one of this frame's packets, from this one on, makes it a key frame."""
        while (one := self._waiting.get(place)) is not None and one.timestamp == timestamp:
            if one.begins_frame:
                return True
            place += 1
        return False

    def _forget(self, before: int) -> None:
        for place in [place for place in self._waiting if place < before]:
            self._bytes -= len(self._waiting.pop(place).data)

    def _should_ask(self, now_s: float) -> bool:
        if not self._lacks_key:
            return False
        if any(one.begins_frame for one in self._waiting.values()):
            self._key_came_s = now_s if self._key_came_s is None else self._key_came_s
            if now_s - self._key_came_s <= self.patience_s:
                return False  # the rest of it is on its way
        else:
            self._key_came_s = None
        if self._asked_s is not None and now_s - self._asked_s < ASK_AGAIN_S:
            return False
        self._asked_s = now_s
        return True
