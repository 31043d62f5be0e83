"""A video track as the pipeline's way of reading and writing pictures."""

from collections.abc import Callable

from av.video.frame import VideoFrame

from media.frame import EncodedFrame, Picture
from media.header import BrokenPicture
from media.rtc.bitrate import BitrateControl
from media.rtc.decoder import VideoDecoder, picture_of, planes_of
from media.rtc.decoding import Decoding
from media.rtc.encoder import VideoEncoder
from media.rtc.lane import Encoded
from media.rtc.video_codec import CLOCK_HZ, VideoCodec

ASK_AGAIN = CLOCK_HZ // 2
"""A key frame that was asked for should have come by then."""
PATIENCE = 10 * CLOCK_HZ
"""After a frame was dropped: for so long no frame is forwarded, since others might be dropped."""


class VideoCoder:
    """One connection's decoder and encoder, see `media.coder`.

    A frame's id is its timestamp. Where nothing is to be changed, and the receiver can take what
    the sender sends, frames go back as they came: neither decoded nor encoded. From one mode to the
    other it goes with a key frame of the sender's, which ``ask`` asks for; until it comes
    everything goes on as it was. ``lost`` is called when nothing can be decoded before a key frame
    has come. Both are called on a worker.
    """

    def __init__(
        self, codec: VideoCodec, max_px: int, *, ask: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        self.bitrate = BitrateControl()
        self._decoding = Decoding(VideoDecoder(codec, max_px), lost)
        self._encoder = VideoEncoder(codec)
        self._ask = ask
        self._lost = lost
        self._forwards = True
        self._asked_at = -ASK_AGAIN
        self._key_wanted = True
        self._patient_until = 0

    def put(self, frame: Encoded) -> bool:
        """Announce a frame, before its turn; False: it is lost with all before it."""
        self.bitrate.see_bytes(len(frame.data), frame.timestamp)
        return self._decoding.put(frame)

    def prepare(self) -> None:
        """See Coder: decode what waits already."""
        if not self._forwards:
            self._decoding.prepare()

    def want_key(self) -> None:
        """The receiver can not go on without a key frame."""
        self._key_wanted = True

    def can_decode(self, frame: EncodedFrame) -> bool:
        """See Coder: not while frames are forwarded, until a key frame comes."""
        if self._forwards:
            self._turn(int(frame.frame_id), forwards=False)
        return not self._forwards

    def pass_on(self, frame: EncodedFrame) -> bytes:
        """See Coder."""
        if self._may_forward(int(frame.frame_id)):
            return self._forwarded(frame)
        decoded = self._decoding.picture(int(frame.frame_id))
        if decoded.format.name == "yuv420p" and not (decoded.width % 2 or decoded.height % 2):
            return self._encoded(decoded, frame)
        return self._encoded(planes_of(picture_of(decoded)), frame)

    def decode(self, frame: EncodedFrame) -> Picture:
        """See Coder."""
        return picture_of(self._decoding.picture(int(frame.frame_id)))

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes:
        """See Coder."""
        return self._encoded(planes_of(picture), like)

    def shot(self, _: EncodedFrame) -> None:
        """See Coder."""

    def _may_forward(self, timestamp: int) -> bool:
        """Whether this frame may go back as it came."""
        wanted = not self.bitrate.is_short and timestamp >= self._patient_until
        if wanted is not self._forwards:
            self._turn(timestamp, forwards=wanted)
        return self._forwards

    def _turn(self, timestamp: int, *, forwards: bool) -> None:
        """Go over to the other mode if this frame is a key frame; else have one sent."""
        if not self._decoding.is_key(timestamp):
            self._ask_for_key(timestamp)
            return
        self._forwards = forwards
        self._key_wanted = not forwards

    def _forwarded(self, frame: EncodedFrame) -> bytes:
        waiting = self._decoding.take(int(frame.frame_id))
        newest = waiting[-1]
        if newest.is_key:
            self._key_wanted = False
        elif len(waiting) > 1:
            self._give_up_forwarding(newest.timestamp)
        if self._key_wanted:
            self._ask_for_key(newest.timestamp)
        return newest.data

    def _give_up_forwarding(self, timestamp: int) -> None:
        """A frame was dropped on which this one builds. Where frames are dropped, now and then or
        as a rule, they must be decoded, which takes a key frame to begin with."""
        self._forwards = False
        self._patient_until = timestamp + PATIENCE
        self._key_wanted = True
        self._lost()
        raise BrokenPicture("video: a frame before it was dropped")

    def _ask_for_key(self, timestamp: int) -> None:
        if timestamp - self._asked_at >= ASK_AGAIN:
            self._asked_at = timestamp
            self._ask()

    def _encoded(self, frame: VideoFrame, like: EncodedFrame) -> bytes:
        self.bitrate.see_size(frame.width, frame.height)
        is_key, self._key_wanted = self._key_wanted, False
        return self._encoder.encode(frame, int(like.frame_id), self.bitrate.bps, is_key=is_key)
