"""Video there and back: decoder, encoder and bitrate."""

import cv2
import numpy as np
import pytest

from media.frame import EncodedFrame
from media.header import BrokenPicture, PictureTooLarge
from media.rtc.bitrate import BITS_PER_PX, LEAST_BPS, BitrateControl
from media.rtc.coder import VideoCoder
from media.rtc.decoder import VideoDecoder, picture_of, planes_of
from media.rtc.encoder import VideoEncoder
from media.rtc.lane import Encoded
from media.rtc.video_codec import VideoCodec
from tests.rtc import number_of, stamped

CODECS = list(VideoCodec)
BPS = 800_000


def _film(codec: VideoCodec, count: int, width: int = 320, height: int = 240) -> list[Encoded]:
    encoder = VideoEncoder(codec)
    return [
        Encoded(
            3000 * number,
            encoder.encode(planes_of(stamped(number, width, height)), 3000 * number, BPS),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_comes_at_once(codec: VideoCodec) -> None:
    """Neither side holds a frame back for the next one."""
    decoder = VideoDecoder(codec, 10**6)
    for number, frame in enumerate(_film(codec, 8)):
        decoded = decoder.decode(frame.data)
        assert decoded is not None
        assert number_of(picture_of(decoded)) == number


@pytest.mark.parametrize("codec", CODECS)
def test_a_picture_comes_out_as_it_went_in(codec: VideoCodec) -> None:
    """Colours and edges survive: 36 dB and more at a good bitrate."""
    frames = _film(codec, 12)
    decoder = VideoDecoder(codec, 10**6)
    for frame in frames:
        decoded = decoder.decode(frame.data)
    assert decoded is not None
    assert cv2.PSNR(picture_of(decoded), stamped(11)) > 36


@pytest.mark.parametrize("codec", CODECS)
def test_a_key_frame_when_it_is_asked_for(codec: VideoCodec) -> None:
    """A decoder that begins there sees the picture."""
    encoder = VideoEncoder(codec)
    for number in range(5):
        data = encoder.encode(planes_of(stamped(number)), 3000 * number, BPS, is_key=number == 4)
    decoded = VideoDecoder(codec, 10**6).decode(data)
    assert decoded is not None
    assert number_of(picture_of(decoded)) == 4


@pytest.mark.parametrize("codec", CODECS)
def test_bits_are_rationed_by_time(codec: VideoCodec) -> None:
    """Half as many frames may take twice as much each; a new bitrate holds soon."""
    noise = np.random.default_rng(1)
    grain = noise.normal(0, 12, (8, 240, 320, 3))
    pictures = [np.clip(stamped(n) + grain[n], 0, 255).astype(np.uint8) for n in range(8)]

    def sent_bps(encoder: VideoEncoder, bitrate: int, step: int) -> float:
        start = encoder._last + step
        sizes = [
            len(encoder.encode(planes_of(pictures[n % 8]), start + n * step, bitrate))
            for n in range(150)
        ]
        return 8 * sum(sizes[90:]) / (60 * step / 90_000)

    encoder = VideoEncoder(codec)
    assert sent_bps(encoder, 1_000_000, 3000) == pytest.approx(1_000_000, rel=0.2)
    assert sent_bps(encoder, 600_000, 3000) == pytest.approx(600_000, rel=0.2)
    assert sent_bps(VideoEncoder(codec), 600_000, 6000) == pytest.approx(600_000, rel=0.2)


@pytest.mark.parametrize("codec", CODECS)
def test_the_size_may_change(codec: VideoCodec) -> None:
    """As when a phone is turned."""
    encoder, decoder = VideoEncoder(codec), VideoDecoder(codec, 10**6)
    for number, (width, height) in enumerate([(320, 240), (240, 320), (640, 480)]):
        data = encoder.encode(planes_of(stamped(number, width, height)), 3000 * number, BPS)
        decoded = decoder.decode(data)
        assert decoded is not None
        assert (decoded.width, decoded.height) == (width, height)


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_no_video(codec: VideoCodec) -> None:
    """Named as such; the decoder goes on with the next key frame."""
    decoder = VideoDecoder(codec, 10**6)
    with pytest.raises(BrokenPicture, match=codec):
        decoder.decode(b"no video at all")
    assert decoder.decode(_film(codec, 1)[0].data) is not None


def test_a_picture_that_is_too_large() -> None:
    """Told by its size."""
    with pytest.raises(PictureTooLarge, match="320 x 240"):
        VideoDecoder(VideoCodec.VP8, 1000).decode(_film(VideoCodec.VP8, 1)[0].data)


def test_odd_sides_lose_a_line() -> None:
    """Planes of half the size need an even number of rows and columns."""
    odd = np.zeros((241, 321, 3), np.uint8)
    encoder = cv2.cvtColor(odd[:240, :320], cv2.COLOR_BGR2YUV_I420)
    assert encoder.shape == (360, 320)
    decoder = VideoDecoder(VideoCodec.VP8, 10**6)
    from_camera = planes_of(np.zeros((240, 320, 3), np.uint8)).reformat(321, 241)
    data = VideoEncoder(VideoCodec.VP8).encode(from_camera, 0, BPS)
    decoded = decoder.decode(data)
    assert decoded is not None
    assert (decoded.width, decoded.height) == (321, 241)
    assert picture_of(decoded).shape == (240, 320, 3)


class TestCoder:
    """Decoder, encoder and lane together, as the pipeline uses them."""

    @pytest.mark.parametrize("codec", CODECS)
    def test_dropped_frames_are_decoded_later(self, codec: VideoCodec) -> None:
        """Only each third frame gets its turn, and is whole all the same."""
        coder, film = VideoCoder(codec, 10**6, lambda: None), _film(codec, 12)
        for number, frame in enumerate(film):
            assert coder.put(frame)
            if number % 3 == 2:
                turn = EncodedFrame(str(frame.timestamp), frame.data, 0.0)
                assert number_of(coder.decode(turn)) == number

    @pytest.mark.parametrize("codec", CODECS)
    @pytest.mark.parametrize("changes", [False, True])
    def test_there_and_back(self, codec: VideoCodec, changes: bool) -> None:
        """Unchanged or changed, the receiver can decode it from the first frame on."""
        coder, seen = VideoCoder(codec, 10**6, lambda: None), VideoDecoder(codec, 10**6)
        for number, frame in enumerate(_film(codec, 4)):
            coder.put(frame)
            turn = EncodedFrame(str(frame.timestamp), frame.data, 0.0)
            data = coder.encode(coder.decode(turn), turn) if changes else coder.pass_on(turn)
            decoded = seen.decode(data)
            assert decoded is not None
            assert number_of(picture_of(decoded)) == number

    def test_a_receiver_that_joins_late(self) -> None:
        """After `want_key` the next frame stands by itself."""
        coder = VideoCoder(VideoCodec.VP8, 10**6, lambda: None)
        for number, frame in enumerate(_film(VideoCodec.VP8, 6)):
            coder.put(frame)
            if number == 5:
                coder.want_key()
            data = coder.pass_on(EncodedFrame(str(frame.timestamp), frame.data, 0.0))
        assert VideoDecoder(VideoCodec.VP8, 10**6).decode(data) is not None

    def test_what_can_not_be_decoded(self) -> None:
        """The connection is told, so that it asks for a key frame."""
        lost: list[bool] = []
        coder = VideoCoder(VideoCodec.VP8, 10**6, lambda: lost.append(True))
        coder.put(Encoded(3000, b"no video"))
        with pytest.raises(BrokenPicture):
            coder.decode(EncodedFrame("3000", b"", 0.0))
        assert lost == [True]

    def test_what_has_been_given_up(self) -> None:
        """A frame whose lane was emptied before its turn came."""
        coder = VideoCoder(VideoCodec.VP8, 10**6, lambda: None)
        with pytest.raises(BrokenPicture, match="too much waited"):
            coder.decode(EncodedFrame("3000", b"", 0.0))


def test_bitrate_begins_with_what_the_picture_deserves() -> None:
    """By its size, within bounds."""
    control = BitrateControl()
    control.see_size(640, 480)
    assert control.bps == round(BITS_PER_PX * 640 * 480)
    control.see_size(16, 16)
    assert control.bps == LEAST_BPS


def test_bitrate_follows_the_receiver() -> None:
    """Its estimate is a ceiling; loss halves what is above it step by step, and is forgotten."""
    control = BitrateControl()
    control.see_size(640, 480)
    control.hear_estimate(600_000)
    assert control.bps == 600_000
    control.hear_estimate(5_000_000)
    full = control.bps
    control.hear_loss(0.2)
    assert control.bps == pytest.approx(0.9 * full)
    control.hear_loss(0.05)
    assert control.bps == pytest.approx(0.9 * full)
    for _ in range(5):
        control.hear_loss(0.0)
    assert control.bps == full
