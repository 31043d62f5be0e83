"""A video track as the pipeline's way of reading and writing pictures."""

from collections.abc import Callable

from av.video.frame import VideoFrame

from media.frame import EncodedFrame, Picture
from media.header import BrokenPicture, PictureError
from media.rtc.bitrate import BitrateControl
from media.rtc.decoder import VideoDecoder, picture_of, planes_of
from media.rtc.encoder import VideoEncoder
from media.rtc.lane import DecoderLane, Encoded
from media.rtc.video_codec import VideoCodec


class VideoCoder:
    """One connection's decoder and encoder, see `media.coder`.

    A frame's id is its timestamp. ``lost`` is called, on a worker, when nothing can be decoded
    before a key frame has come.
    """

    def __init__(self, codec: VideoCodec, max_px: int, lost: Callable[[], None]) -> None:
        self.bitrate = BitrateControl()
        self._decoder = VideoDecoder(codec, max_px)
        self._encoder = VideoEncoder(codec)
        self._lane = DecoderLane()
        self._lost = lost
        self._key_wanted = True

    def put(self, frame: Encoded) -> bool:
        """Announce a frame, before its turn; False: it is lost with all before it."""
        return self._lane.put(frame)

    def want_key(self) -> None:
        """The receiver can not go on without a key frame."""
        self._key_wanted = True

    def pass_on(self, frame: EncodedFrame) -> bytes:
        """See Coder. Encoded anew: the receiver may want key frames, or fewer bits."""
        decoded = self._decoded(frame)
        if decoded.format.name == "yuv420p" and not (decoded.width % 2 or decoded.height % 2):
            return self._encoded(decoded, frame)
        return self._encoded(planes_of(picture_of(decoded)), frame)

    def decode(self, frame: EncodedFrame) -> Picture:
        """See Coder."""
        return picture_of(self._decoded(frame))

    def encode(self, picture: Picture, like: EncodedFrame) -> bytes:
        """See Coder."""
        return self._encoded(planes_of(picture), like)

    def _decoded(self, frame: EncodedFrame) -> VideoFrame:
        timestamp = int(frame.frame_id)
        found = None
        waiting = self._lane.take_until(timestamp)
        if not waiting or waiting[-1].timestamp != timestamp:
            raise BrokenPicture("video: too much waited for the decoder")
        try:
            for one in waiting:
                found = self._decoder.decode(one.data)
        except PictureError:
            self._lost()
            raise
        if found is None:
            raise BrokenPicture("video: a frame without a picture")
        return found

    def _encoded(self, frame: VideoFrame, like: EncodedFrame) -> bytes:
        self.bitrate.see_size(frame.width, frame.height)
        is_key, self._key_wanted = self._key_wanted, False
        return self._encoder.encode(frame, int(like.frame_id), self.bitrate.bps, is_key=is_key)
