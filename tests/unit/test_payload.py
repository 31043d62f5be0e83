"""Pictures as base64 text: what is taken, what is refused, what is given back."""

import base64

import pytest

from media.payload import DATA_URL_HEAD_MAX, BrokenBase64, payload_bytes, payload_text

_BYTES = bytes(range(256))
_TEXT = base64.b64encode(_BYTES).decode()


@pytest.mark.parametrize(
    "text",
    [
        _TEXT,
        f"data:image/jpeg;base64,{_TEXT}",
        f"data:;base64,{_TEXT}",
        f"data:image/jpeg;name=a.jpg;base64,{_TEXT}",
    ],
)
def test_takes_bare_text_and_data_urls(text: str) -> None:
    """Base64 gives the same bytes bare and behind any head of a data URL that says base64."""
    assert payload_bytes(text) == _BYTES


def test_bytes_are_taken_as_they_are() -> None:
    """What came as bytes is handed on without a copy."""
    assert payload_bytes(_BYTES) is _BYTES


@pytest.mark.parametrize(("text", "data"), [("", b""), ("data:;base64,", b"")])
def test_nothing_is_nothing(text: str, data: bytes) -> None:
    """Empty text is no fault of the text: it is an empty picture, and others say so."""
    assert payload_bytes(text) == data


def test_head_of_a_data_url_is_bounded() -> None:
    """A head of the longest allowed length passes; one character more does not."""
    longest = "data:" + "x" * (DATA_URL_HEAD_MAX - len("data:;base64,")) + ";base64"
    assert payload_bytes(f"{longest},{_TEXT}") == _BYTES
    with pytest.raises(BrokenBase64):
        payload_bytes(longest.replace("data:", "data:x") + f",{_TEXT}")


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_line_breaks_are_taken(line_break: str) -> None:
    """Base64 in lines, as MIME has it and Android writes it, is base64."""
    assert payload_bytes(line_break.join([_TEXT[:8], _TEXT[8:], ""])) == _BYTES


@pytest.mark.parametrize(
    "text",
    [
        "not base64 at all!",
        _TEXT[:-1],
        _TEXT[:-4] + "=" + _TEXT[-3:],
        f" {_TEXT}",
        "-_-_",
        "YQ==YQ==",
        "äöü=",
        "\ud800abc",
        "data:image/jpeg;base64" + _TEXT,
        f"data:image/jpeg,{_TEXT}",
        f"data:image/jpeg;base64,{_TEXT},{_TEXT}",
        "data:",
    ],
)
def test_refuses_everything_else(text: str) -> None:
    """Broken base64 and broken data URLs raise BrokenBase64 and nothing else."""
    with pytest.raises(BrokenBase64, match="not valid base64"):
        payload_bytes(text)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 255])
def test_text_comes_back_as_the_same_bytes(length: int) -> None:
    """What ``payload_text`` writes is standard base64 and is read back unchanged."""
    text = payload_text(_BYTES[:length])
    assert base64.b64decode(text, validate=True) == _BYTES[:length]
    assert payload_bytes(text) == _BYTES[:length]
