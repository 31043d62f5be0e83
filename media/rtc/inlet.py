"""What stands where aiortc keeps its jitter buffer: whole frames go to us, without waiting."""

from collections.abc import Callable

from media.rtc.assembly import PATIENCE_S, SEQUENCES, Assembler, Fragment
from media.rtc.keyframes import begins_key_frame
from media.rtc.lane import Encoded
from media.rtc.missing import ASK_AGAIN_S, MOST_ASKED, MissingPackets
from media.rtc.video_codec import CLOCK_HZ, VideoCodec

USUAL_STEP = CLOCK_HZ // 30
LONGEST_PAUSE = 60 * CLOCK_HZ
"""A longer step is none: the stream has begun anew."""
MOST_PATIENCE_S = 0.6
"""A picture that stands still for longer is worse than one that begins anew."""
TIMESTAMPS = 1 << 32
"""RTP's timestamps begin anew after so many ticks."""


class Inlet:
    """One track's packets to frames, for ``took``, with timestamps that go on for ever."""

    def __init__(
        self, codec: VideoCodec, now_s: Callable[[], float], took: Callable[[Encoded], None]
    ) -> None:
        self._codec = codec
        self._now_s = now_s
        self._took = took
        self._assembler = Assembler()
        self._missing = MissingPackets()
        self._last: int | None = None
        self._is_asked = False
        self._offset = 0

    @property
    def offset(self) -> int:
        """What has been added to the timestamps, by a stream that began anew."""
        return self._offset

    def ask_key(self) -> None:
        """Have a key frame sent, with the next packet that comes in; nothing is thrown away."""
        self._is_asked = True

    def lose_key(self) -> None:
        """What comes can not be decoded any more: begin again with a key frame."""
        self._assembler.lose_key()

    def add(self, fragment: Fragment) -> bool:
        """Take in a packet; tells whether to ask the sender for a key frame."""
        result = self._assembler.add(fragment, self._now_s())
        for frame in result.frames:
            if not frame.data:
                continue  # padding alone
            self._took(Encoded(self._unwrapped(frame.timestamp), frame.data, frame.is_key))
        is_asked, self._is_asked = self._is_asked, False
        return result.wants_key or is_asked

    def asked(self) -> list[int]:
        """Sequence numbers of packets that are missing and should be asked for now."""
        due = self._missing.due(self._assembler.missing(MOST_ASKED), self._now_s())
        return [place % SEQUENCES for place in due]

    def know_round_trip(self, round_trip_s: float) -> None:
        """On a long way packets are asked for more rarely, and waited for longer."""
        self._missing.again_s = max(ASK_AGAIN_S, round_trip_s)
        self._assembler.patience_s = min(MOST_PATIENCE_S, max(PATIENCE_S, 2 * round_trip_s))

    def fragment(
        self, sequence: int, timestamp: int, *, is_last: bool, payload: bytes, data: bytes
    ) -> Fragment:
        """A packet's part of a frame: ``payload`` as it came, ``data`` what the decoder gets."""
        begins = begins_key_frame(self._codec, payload)
        return Fragment(sequence, timestamp, is_last, begins, data)

    def _unwrapped(self, timestamp: int) -> int:
        if self._last is None:
            self._last = TIMESTAMPS + timestamp
            return self._last
        counted = timestamp + self._offset
        step = (counted - self._last + TIMESTAMPS // 2) % TIMESTAMPS - TIMESTAMPS // 2
        if not 0 < step < LONGEST_PAUSE:
            # A stream that begins anew may count from anywhere: time goes on all the same.
            self._offset += USUAL_STEP - step
            step = USUAL_STEP
        self._last += step
        return self._last
