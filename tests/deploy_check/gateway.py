"""The gateway's configuration, laid out so that an nginx of this machine runs it."""

import grp
import os
import pwd
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from server.settings import Settings
from tests.certificates import pems
from tests.deploy_check.programs import DEPLOY, findings_of

GATEWAY: Final = DEPLOY / "nginx"
PLAIN: Final = "listen 8080"
SECURE: Final = "listen 8443"
LOG: Final = "/dev/stdout"
MIB: Final = 1 << 20
_INSTANCE: Final = re.compile(r"server hair-tryon-service:8000([^;]*;)")
_LIMIT: Final = re.compile(r"location = (\S+) \{\s+client_max_body_size (\d+)m;")


def is_sound() -> Iterator[str]:
    """What nginx finds in it, and bodies that the service takes and the gateway does not. Raises
    MissingProgram."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, ["127.0.0.1:8000"], "127.0.0.1:8080", "127.0.0.1:8443")
        yield from findings_of("nginx", "apt-get install nginx-light", *arguments(folder), "-t")
    text = (GATEWAY / "nginx.conf").read_text(encoding="utf-8")
    limits_mib = {path: int(mib) for path, mib in _LIMIT.findall(text)}
    for path, file_bytes in _bodies().items():
        wanted_mib = file_bytes // MIB + 1
        if limits_mib.get(path) != wanted_mib:
            yield f"nginx.conf: {path} has to take {wanted_mib}m, not {limits_mib.get(path)}"


def lay_out(folder: Path, instances: Sequence[str], plain: str, secure: str) -> None:
    """Copy it to a folder, with these addresses (HOST:PORT) in the place of those in containers,
    a line for each instance, a new certificate, and its log in the file ``access.log``. Nothing
    else is changed.

    Raises ValueError where what is to be changed is not there once.
    """
    changes = {
        PLAIN: f"listen {plain}",
        SECURE: f"listen {secure}",
        LOG: str(folder / "access.log"),
    }
    (folder / "tls").mkdir(parents=True)
    for path in GATEWAY.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == "nginx.conf":
            text = _changed(_with_instances(text, instances), changes)
        (folder / path.name).write_text(text, encoding="utf-8")
    for name, pem in zip(("fullchain.pem", "privkey.pem"), pems(), strict=True):
        (folder / "tls" / name).write_bytes(pem)


def arguments(folder: Path) -> list[str]:
    """What nginx is started with, as in the container, but as the user who owns the folder."""
    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(os.getgid()).gr_name
    own = f"daemon off; user {user} {group};"
    return ["-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", own]


def _bodies() -> Mapping[str, int]:
    """Bytes of all files that a form may have."""
    settings = Settings.model_construct()
    return {
        "/api/hair-tryOn/upload-video": settings.max_video_bytes,
        "/api/hair-tryOn/try-on": 3 * settings.max_photo_bytes,
        "/api/hair-tryOn/process-video": 2 * settings.max_photo_bytes,
    }


def _with_instances(text: str, instances: Sequence[str]) -> str:
    lines = (rf"server {address}\1" for address in instances)
    changed, count = _INSTANCE.subn("\n        ".join(lines), text)
    if count != 1:
        raise ValueError(f"nginx.conf names the service {count} times")
    return changed


def _changed(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"nginx.conf has {old} {text.count(old)} times")
        text = text.replace(old, new)
    return text
