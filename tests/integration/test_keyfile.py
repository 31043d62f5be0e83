"""The key of an embedded store: made once, for this user alone, and never anew."""

import asyncio
import base64
import sys
from pathlib import Path

import pytest

from storage.errors import KeysUnusable
from storage.files import Files
from storage.keyfile import load_keyring
from storage.layout import KEY_FILE

OPEN = (
    "import sys; from pathlib import Path; from storage.keyfile import load_keyring; "
    "sys.stdin.readline(); folder = Path(sys.argv[1]); "
    "print(load_keyring(folder, folder / 'objects').current.id.hex())"
)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def test_a_key_is_made_at_the_first_start(tmp_path: Path) -> None:
    """It is there at the next one, for this user alone; nothing else is left."""
    first = await Files.connect(tmp_path)
    await first.write("a.mp4", b"a")
    again = await Files.connect(tmp_path)
    assert await again.read("a.mp4", 1) == b"a"
    path = tmp_path / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(path.read_text())) == 32
    assert names(tmp_path) == [KEY_FILE, "objects"]


async def test_all_who_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    """Processes of their own, let go together."""
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN, str(tmp_path), stdin=pipe, stdout=pipe
        )
        for _ in range(4)
    ]
    told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    ids = {output for output, _ in told}
    assert ids == {load_keyring(tmp_path, tmp_path / "objects").current.id.hex().encode() + b"\n"}
    assert names(tmp_path) == [KEY_FILE]


async def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    """There are files that only the lost one opens."""
    files = await Files.connect(tmp_path)
    await files.write("a.mp4", b"a")
    key = (tmp_path / KEY_FILE).read_text()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(KeysUnusable, match="file-keys is lost, and there are files"):
        await Files.connect(tmp_path)
    assert not (tmp_path / KEY_FILE).exists()
    told = await Files.connect(tmp_path, keys=key)
    assert await told.read("a.mp4", 1) == b"a"
    await told.delete("a.mp4")
    await Files.connect(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
async def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """With what is to be done."""
    await Files.connect(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeysUnusable, match="chmod 600"):
        await Files.connect(tmp_path)


@pytest.mark.parametrize("content", [b"", b"none\n", b"\xff\xfe", b"c2hvcnQ=\n"])
async def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is not overwritten either."""
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeysUnusable):
        await Files.connect(tmp_path)
    assert path.read_bytes() == content


async def test_more_keys_can_be_added(tmp_path: Path) -> None:
    """One a line, the current one first."""
    files = await Files.connect(tmp_path)
    await files.write("old.mp4", b"old")
    path = tmp_path / KEY_FILE
    new = base64.b64encode(b"n" * 32).decode()
    path.write_text(f"{new}\n{path.read_text()}")
    again = await Files.connect(tmp_path)
    assert again.keyring.current.id != files.keyring.current.id
    assert await again.read("old.mp4", 3) == b"old"
