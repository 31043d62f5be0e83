"""A root of Debian's own, made by debootstrap, and processes that see nothing else."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
PACKAGES: Final = "python3.13,python3.13-venv,python3-pip,ca-certificates"
"""What the base image has, of what the recipe needs."""
SUITE: Final = "trixie"
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OF_THE_NETWORK: Final = ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt")
"""A container is given these, or can reach its packages without."""
PIPS_OWN: Final = ("PIP_CERT", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT")
MOUNT: Final = """
set -e
mount --rbind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
"""
"""In a namespace of mounts of its own, which ends with the process."""
SEAL: Final = """
mount --bind "$ROOT/data" "$ROOT/data"
mount -o remount,bind,ro "$ROOT"
"""
"""Nothing can be written but data, as ``read_only`` and a volume make it."""
ENTER: Final = 'exec chroot "$ROOT" "$@"'


class CleanRoot:
    """One at this path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._environment = {name: os.environ[name] for name in PIPS_OWN if name in os.environ}

    def make(self, mirror: str) -> None:
        """With Python as the base image has it, called ``python``. Raises CalledProcessError."""
        place = [SUITE, str(self.path), *([mirror] if mirror else [])]
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", *place],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        (self.path / "usr/local/bin/python").symlink_to("/usr/bin/python3.13")
        for name in OF_THE_NETWORK:
            shutil.copy(Path("/") / name, self.path / name)

    def copy(self, sources: Sequence[str], target: Path) -> None:
        """Out of the repository, as COPY does it: a file into the folder, a folder's contents."""
        for name in sources:
            source, inside = REPOSITORY / name, self.path / str(target).lstrip("/")
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, inside, dirs_exist_ok=True, ignore=ignored)
            else:
                inside.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, inside)

    def run(self, command: str, folder: str, environment: Mapping[str, str]) -> None:
        """As root, by a shell. Raises CalledProcessError."""
        (self.path / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        inside = ["/bin/sh", "-c", f"cd {folder} && {command}"]
        variables = self._environment | self.variables(environment)
        subprocess.run(self._entered(MOUNT, inside), env=variables, check=True)

    def begin(self, command: Sequence[str], user: int, group: int, folder: str,
              environment: Mapping[str, str]) -> "subprocess.Popen[str]":  # fmt: skip
        """As this user, who has no capability and gets none, where only data can be written."""
        bare = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--bounding-set=-all",
                "--inh-caps=-all", "--no-new-privs"]  # fmt: skip
        inside = ["/usr/bin/setpriv", *bare, "/usr/bin/env", f"--chdir={folder}", *command]
        return subprocess.Popen(
            self._entered(MOUNT + SEAL, inside), env=self.variables(environment),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What the recipe sets, and nothing of this machine but where the root is."""
        path = environment.get("PATH", PATH).replace("$PATH", PATH)
        return {**environment, "PATH": path, "ROOT": str(self.path)}

    def _entered(self, mounts: str, inside: Sequence[str]) -> list[str]:
        return ["unshare", "--mount", "/bin/sh", "-c", mounts + ENTER, "sh", *inside]
