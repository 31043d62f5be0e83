"""Where outputs may come from, before anything is fetched, and whether they can be pictures."""

from typing import Any

import httpx
import pytest

from processing.cloud.download import Downloader, address_of
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.output_picture import develop
from tests.pictures import gradient, jpeg, solid

RATIO = 640 / 480


def _served(seen: list[str]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        assert "authorization" not in request.headers
        return httpx.Response(200, headers={"content-type": "image/png"}, stream=_Bytes())

    return httpx.MockTransport(answer)


class _Bytes(httpx.AsyncByteStream):
    async def __aiter__(self):  # type: ignore[no-untyped-def]
        yield b"png"


@pytest.mark.parametrize(
    "address",
    [
        "https://replicate.delivery/out.png",
        "https://pbxt.replicate.delivery/a/out.png?sig=1",
        "https://PBXT.REPLICATE.DELIVERY/out.png",
        "https://replicate.delivery:8443/out.png",
    ],
)
async def test_allowed(address: str) -> None:
    """The host itself and what belongs to it."""
    seen: list[str] = []
    async with Downloader(("replicate.delivery",), transport=_served(seen)) as downloader:
        assert await downloader.fetch(address) == b"png"
    assert len(seen) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://replicate.delivery/out.png",
        "https://evilreplicate.delivery/out.png",
        "https://replicate.delivery.evil.example/out.png",
        "https://user:word@replicate.delivery/out.png",
        "https://replicate.delivery@evil.example/out.png",
        "https://evil.example/replicate.delivery",
        "https://127.0.0.1/out.png",
        "https:///out.png",
        "https://replicate.delivery:port/out.png",
        "file:///etc/passwd",
        "ftp://replicate.delivery/out.png",
        "out.png",
        "https://replicate.delivery:99999/out.png",
        "https://replicate.delivery/\ud800",
        "https://xn--a.replicate.delivery/out.png",
        "https://[",
        "https://\x00",
        "data:image/png,plain",
        "data:image/png;base64,?",
    ],
)
async def test_not_allowed(address: str) -> None:
    """All others are not even asked."""
    seen: list[str] = []
    async with Downloader(("replicate.delivery",), transport=_served(seen)) as downloader:
        with pytest.raises(CloudFault) as caught:
            await downloader.fetch(address)
    assert caught.value.reason is FallbackReason.BAD_OUTPUT
    assert not caught.value.can_retry
    assert seen == []


@pytest.mark.parametrize("target", ["http://[", "https://evil.example"])
async def test_not_followed(target: str) -> None:
    """Wherever it is redirected to that is nowhere, or elsewhere."""
    moved = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": target}))
    async with Downloader(("a.example",), transport=moved) as downloader:
        with pytest.raises(CloudFault) as caught:
            await downloader.fetch("https://a.example/out")
    assert caught.value.reason is FallbackReason.BAD_OUTPUT


async def test_no_cookies() -> None:
    """Nobody recognizes who comes again."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"set-cookie": "track=1"}, stream=_Bytes())

    async with Downloader(("a.example",), transport=httpx.MockTransport(answer)) as downloader:
        for _ in range(2):
            await downloader.fetch("https://a.example/out")
    assert ["cookie" in request.headers for request in seen] == [False, False]


async def test_told_output_is_bounded() -> None:
    """Also what comes in the address itself."""
    async with Downloader((), most_bytes=8, transport=_served([])) as downloader:
        assert await downloader.fetch("data:;base64,AAAA") == bytes(3)
        with pytest.raises(CloudFault):
            await downloader.fetch("data:;base64," + "AAAA" * 4)


async def test_coded_output() -> None:
    """What is not sent as it is could be of any size."""
    coded = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-encoding": "br"}, stream=_Bytes())
    )
    async with Downloader(("a.example",), transport=coded) as downloader:
        with pytest.raises(CloudFault, match="coded"):
            await downloader.fetch("https://a.example/out")


def test_address_of() -> None:
    """One address, or the first of several; nothing else is one."""
    assert address_of("https://a") == address_of(["https://a", "https://b"]) == "https://a"
    outputs: tuple[Any, ...] = (None, "", [], [[]], 1, {"image": "https://a"})
    for output in outputs:
        with pytest.raises(CloudFault):
            address_of(output)


@pytest.mark.parametrize("size", [(640, 480), (1024, 768), (1184, 880), (320, 240)])
def test_same_shape(size: tuple[int, int]) -> None:
    """Models round the sides of what they make."""
    assert develop(jpeg(gradient(*size)), RATIO).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(1280, 480), (480, 640), (640, 640), (64, 48)])
def test_other_shape(size: tuple[int, int]) -> None:
    """Two pictures beside each other, one cut square, and one that shows nothing."""
    with pytest.raises(CloudFault) as caught:
        develop(jpeg(gradient(*size)), RATIO)
    assert caught.value.reason is FallbackReason.BAD_OUTPUT


def test_blank() -> None:
    """Some models say no with a black picture."""
    with pytest.raises(CloudFault) as caught:
        develop(jpeg(solid(0, 0, 0, 640, 480)), RATIO)
    assert caught.value.reason is FallbackReason.REFUSED
