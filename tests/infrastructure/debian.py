"""Debian's smallest system with Python and pip, as an archive that is made once and kept for the next time."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

# Its Python is the one that the Dockerfile's bases have.
SUITE = "trixie"
_PACKAGES = "python3,python3-pip"
_LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


def archive(mirror: str) -> Path:
    """The archive of what a mirror has; made again when the mirror or what is said here changes."""
    wanted = hashlib.sha256("\n".join([mirror, SUITE, _PACKAGES, *_LEFT_OUT]).encode()).hexdigest()[:16]
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dwipper" / f"debian-{wanted}.tar"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "lock").open("w") as lock:  # One test process at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make(kept, mirror)
    return kept


def _make(kept: Path, mirror: str) -> None:
    with tempfile.TemporaryDirectory(prefix="dwipper-debian-") as folder:
        root, unfinished = Path(folder) / "root", kept.with_suffix(".unfinished")
        _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", SUITE, str(root), mirror)
        for left_out in _LEFT_OUT:
            shutil.rmtree(root / left_out)
        _run("tar", "--create", "--file", str(unfinished), "--directory", str(root), "--numeric-owner", ".")
        unfinished.rename(kept)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
