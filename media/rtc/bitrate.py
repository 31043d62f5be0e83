"""How many bits a second the picture that is sent may take. Pure."""

from media.rtc.video_codec import CLOCK_HZ

BITS_PER_PX = 5.0
"""640 x 480 px at 30 frames/s look as they came from 1.5 Mb/s on."""
LEAST_BPS, MOST_BPS = 150_000, 4_000_000
LOSSY, CLEAN = 0.10, 0.02
"""Shares of packets lost, as the receiver reports them: from the first on the rate falls, up to the
second it rises (as Google Congestion Control has it, draft-ietf-rmcat-gcc-02, section 6)."""
RISE = 1.08
SHORT, ENOUGH = 0.9, 1.3
"""Of what the sender sends: with less than the first the receiver is short of bits, with more than
the second no longer."""
INCOMING_SHARE = 0.02
"""How much one frame changes what is believed of the sender's bitrate."""


class BitrateControl:
    """One outgoing stream's bitrate: begins at what the picture deserves, follows the receiver."""

    def __init__(self) -> None:
        self._by_loss_bps = float(MOST_BPS)
        self._by_receiver_bps = float(MOST_BPS)
        self._wanted_bps = float(MOST_BPS)
        self._incoming_bps = 0.0
        self._last: int | None = None
        self._is_short = False

    @property
    def is_short(self) -> bool:
        """Whether the receiver gets less through than the sender sends."""
        limit_bps = min(self._by_loss_bps, self._by_receiver_bps)
        margin = ENOUGH if self._is_short else SHORT
        self._is_short = limit_bps < min(MOST_BPS, margin * self._incoming_bps)
        return self._is_short

    @property
    def bps(self) -> int:
        """What to encode with now."""
        least = min(self._wanted_bps, self._by_loss_bps, self._by_receiver_bps)
        return round(max(LEAST_BPS, least))

    def see_bytes(self, size_bytes: int, timestamp: int) -> None:
        """The sender has sent a frame of that size."""
        if self._last is not None and timestamp > self._last:
            bps = 8.0 * size_bytes * CLOCK_HZ / (timestamp - self._last)
            self._incoming_bps += INCOMING_SHARE * (bps - self._incoming_bps)
        self._last = timestamp

    def see_size(self, width: int, height: int) -> None:
        """The picture has this size, px."""
        self._wanted_bps = min(MOST_BPS, BITS_PER_PX * width * height)

    def hear_estimate(self, bps: int) -> None:
        """The receiver says how much it believes to get through (REMB)."""
        self._by_receiver_bps = float(bps)

    def hear_loss(self, share: float) -> None:
        """The receiver reports which share of the packets since its last report it missed."""
        if share > LOSSY:
            self._by_loss_bps = max(LEAST_BPS, self.bps * (1 - 0.5 * share))
        elif share < CLEAN:
            self._by_loss_bps = min(MOST_BPS, self._by_loss_bps * RISE)
