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
from media.rtc.keyframes import is_key_frame
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
def test_key_frames_are_recognised(codec: VideoCodec) -> None:
    """From the encoded frame itself."""
    encoder = VideoEncoder(codec)
    for number in range(8):
        planes = planes_of(stamped(number))
        data = encoder.encode(planes, 3000 * number, BPS, is_key=number == 5)
        assert is_key_frame(codec, data) == (number in (0, 5))
    assert not is_key_frame(codec, b"")


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


def test_a_small_frame_that_announces_a_large_picture() -> None:
    """Refused by its header, before anything is allocated."""
    header = b"\x10\x00\x00\x9d\x01\x2a" + b"\xff\x3f\xff\x3f" + bytes(30)
    with pytest.raises(PictureTooLarge, match="16383 x 16383"):
        VideoDecoder(VideoCodec.VP8, 10**6).decode(header)
    with pytest.raises(BrokenPicture):
        VideoDecoder(VideoCodec.H264, 1000).decode(_film(VideoCodec.H264, 1)[0].data)


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


class Turns:
    """A coder, and a film whose frames get their turn when they are told to."""

    def __init__(self, codec: VideoCodec, keys: tuple[int, ...] = (0,), count: int = 40) -> None:
        encoder = VideoEncoder(codec)
        self.film = []
        for number in range(count):
            is_key = number in keys
            planes, timestamp = planes_of(stamped(number)), 3000 * (number + 1)
            data = encoder.encode(planes, timestamp, BPS, is_key=is_key)
            self.film.append(Encoded(timestamp, data, is_key))
        self.asked = self.lost = 0
        self.coder = VideoCoder(codec, 10**6, ask=self._ask, lost=self._lose)
        self.screen = VideoDecoder(codec, 10**6)

    def _ask(self) -> None:
        self.asked += 1

    def _lose(self) -> None:
        self.lost += 1

    def put(self, number: int) -> EncodedFrame:
        """A frame comes in, and waits."""
        frame = self.film[number]
        assert self.coder.put(frame)
        return EncodedFrame(str(frame.timestamp), frame.data, 0.0)

    def plain(self, number: int) -> bytes:
        """A frame's turn, without a look."""
        return self.coder.pass_on(self.put(number))

    def changed(self, number: int) -> bytes:
        """A frame's turn with a look, as the pipeline does it."""
        frame = self.put(number)
        if not self.coder.can_decode(frame):
            return self.coder.pass_on(frame)
        return self.coder.encode(self.coder.decode(frame), frame)

    def shown(self, data: bytes) -> int:
        """The number that the receiver sees."""
        decoded = self.screen.decode(data)
        assert decoded is not None
        return number_of(picture_of(decoded))


@pytest.mark.parametrize("codec", CODECS)
class TestCoder:
    """Decoder, encoder and lane together, as the pipeline uses them."""

    def test_without_a_look_frames_are_forwarded(self, codec: VideoCodec) -> None:
        """The very bytes, and nobody is asked for anything."""
        turns = Turns(codec)
        for number in range(10):
            assert turns.plain(number) == turns.film[number].data
        assert turns.asked == turns.lost == 0

    def test_with_a_look_from_the_first_frame_on(self, codec: VideoCodec) -> None:
        """Every picture is encoded anew, and can be seen."""
        turns = Turns(codec)
        for number in range(10):
            data = turns.changed(number)
            assert data != turns.film[number].data
            assert turns.shown(data) == number

    def test_a_look_comes_and_goes(self, codec: VideoCodec) -> None:
        """It waits for a key frame, which is asked for; the receiver sees every picture."""
        turns = Turns(codec, keys=(0, 12, 30))
        seen = []
        for number in range(40):
            has_look = 8 <= number < 25
            data = turns.changed(number) if has_look else turns.plain(number)
            assert turns.shown(data) == number
            seen.append(data == turns.film[number].data)
        assert seen == [not 12 <= number < 30 for number in range(40)]
        assert turns.asked == 2
        assert turns.lost == 0

    def test_dropped_frames_are_decoded_later(self, codec: VideoCodec) -> None:
        """With a look only each third frame gets its turn, and is whole all the same."""
        turns = Turns(codec)
        assert turns.shown(turns.changed(0)) == 0
        for number in range(1, 31):
            if number % 3 == 0:
                assert turns.shown(turns.changed(number)) == number
            else:
                turns.put(number)

    def test_a_drop_ends_forwarding(self, codec: VideoCodec) -> None:
        """What builds on a dropped frame is not sent; with a key frame it goes on, encoded anew."""
        turns = Turns(codec, keys=(0, 6))
        assert turns.shown(turns.plain(0)) == 0
        turns.put(1)
        with pytest.raises(BrokenPicture, match="dropped"):
            turns.plain(2)
        assert turns.lost == 1
        for number in range(6, 12):
            data = turns.plain(number)
            assert data != turns.film[number].data
            assert turns.shown(data) == number

    def test_frames_that_hang_in_the_air(self, codec: VideoCodec) -> None:
        """What was put in before the key frame is passed over, and what comes after a failure is
        not decoded on old pictures."""
        turns = Turns(codec, keys=(0, 4))
        turns.plain(0)
        turns.put(3)
        assert turns.shown(turns.changed(4)) == 4
        turns.changed(5)
        turns.coder.put(Encoded(turns.film[6].timestamp, b"no video"))
        with pytest.raises(BrokenPicture):
            turns.coder.decode(EncodedFrame(str(turns.film[6].timestamp), b"", 0.0))
        with pytest.raises(BrokenPicture, match="no key frame"):
            turns.changed(7)

    def test_a_receiver_that_joins_late(self, codec: VideoCodec) -> None:
        """Forwarded, the sender is asked for a key frame; encoded, the next one is one."""
        turns = Turns(codec, keys=(0, 5))
        for number in range(3):
            turns.plain(number)
        turns.coder.want_key()
        turns.plain(3)
        assert turns.asked == 1
        turns.plain(4)
        assert turns.shown(turns.changed(5)) == 5
        turns.changed(6)
        turns.coder.want_key()
        turns.screen = VideoDecoder(codec, 10**6)
        assert turns.shown(turns.changed(7)) == 7

    def test_a_receiver_with_a_narrow_link(self, codec: VideoCodec) -> None:
        """What it cannot take is not forwarded to it."""
        turns = Turns(codec, keys=(0, 20))
        for number in range(20):
            turns.plain(number)
        turns.coder.bitrate.hear_estimate(1000)
        assert turns.plain(20) != turns.film[20].data

    def test_what_can_not_be_decoded(self, codec: VideoCodec) -> None:
        """The connection is told, so that it asks for a key frame."""
        turns = Turns(codec)
        turns.coder.put(Encoded(3000, b"no video", is_key=True))
        frame = EncodedFrame("3000", b"", 0.0)
        assert turns.coder.can_decode(frame)
        with pytest.raises(BrokenPicture):
            turns.coder.decode(frame)
        assert turns.lost == 1

    def test_what_waits_is_decoded_ahead(self, codec: VideoCodec) -> None:
        """While another frame is processed; whichever gets its turn then is whole, and so are
        those after it."""
        turns = Turns(codec)
        turns.shown(turns.changed(0))
        for number in (1, 2):
            turns.put(number)
            turns.coder.prepare()
        assert turns.shown(turns.changed(3)) == 3
        turns.put(4)
        ready = turns.put(5)
        turns.put(6)
        turns.coder.prepare()
        assert turns.shown(turns.coder.encode(turns.coder.decode(ready), ready)) == 5
        for number in range(7, 25):
            turns.put(number)
            turns.coder.prepare()
        assert turns.shown(turns.changed(25)) == 25
        assert turns.lost == 0

    def test_a_look_is_taken_off_at_a_frame_that_was_decoded_ahead(self, codec: VideoCodec) -> None:
        """It is forwarded as it came, and so is what had been decoded behind it; from then on
        nothing is decoded ahead."""
        turns = Turns(codec, keys=(0, 4))
        turns.coder.prepare()
        assert turns.shown(turns.changed(0)) == 0
        waiting = [turns.put(number) for number in range(1, 6)]
        turns.coder.prepare()
        for number, frame in zip(range(1, 6), waiting, strict=True):
            data = turns.coder.pass_on(frame)
            assert (data == turns.film[number].data) is (number >= 4)
            assert turns.shown(data) == number
        frame = turns.put(6)
        turns.coder.prepare()
        assert turns.coder.pass_on(frame) == turns.film[6].data

    def test_what_fails_ahead_is_told_in_its_turn(self, codec: VideoCodec) -> None:
        """And from then on only a key frame helps."""
        turns = Turns(codec, keys=(0, 5))
        turns.shown(turns.changed(0))
        turns.coder.put(Encoded(turns.film[1].timestamp, b"no video"))
        turns.coder.prepare()
        assert turns.lost == 1
        with pytest.raises(BrokenPicture):
            turns.changed(2)
        assert turns.shown(turns.changed(5)) == 5

    def test_what_has_been_given_up(self, codec: VideoCodec) -> None:
        """A frame whose lane was emptied before its turn came."""
        turns = Turns(codec)
        with pytest.raises(BrokenPicture, match="too much waited"):
            turns.coder.pass_on(EncodedFrame("3000", b"", 0.0))


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


def test_a_link_is_short_or_not() -> None:
    """Below nine tenths of what comes in it is short, and not before 1.3 times as much again."""
    control = BitrateControl()
    for number in range(200):
        control.see_bytes(5000, 3000 * number)
    assert not control.is_short
    verdicts = []
    for share in (0.95, 0.85, 1.2, 1.4, 0.95):
        control.hear_estimate(round(share * 1_200_000))
        verdicts.append(control.is_short)
    assert verdicts == [False, True, True, False, False]
