"""A minimal Debian system with Python and pip, as an archive that is cached between test runs."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from testkit.processes import run_command

# The release whose Python has the same version as the base images of the Dockerfile.
SUITE = "trixie"
_PACKAGES = "python3,python3-pip"
_EXCLUDED_FOLDERS = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


def get_archive(mirror: str) -> Path:
    """Return the archive of a system from this mirror. Build it unless the cache has one from the same inputs."""
    inputs = "\n".join([mirror, SUITE, _PACKAGES, *_EXCLUDED_FOLDERS])
    key = hashlib.sha256(inputs.encode()).hexdigest()[:16]
    archive = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dwipper" / f"debian-{key}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (archive.parent / "lock").open("w") as lock:  # Other test processes wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _build_archive(archive, mirror)
    return archive


def _build_archive(archive: Path, mirror: str) -> None:
    with tempfile.TemporaryDirectory(prefix="dwipper-debian-") as folder:
        root, unfinished = Path(folder) / "root", archive.with_suffix(".unfinished")
        run_command(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", SUITE, root, mirror])
        for excluded in _EXCLUDED_FOLDERS:
            shutil.rmtree(root / excluded)
        run_command(["tar", "--create", "--file", unfinished, "--directory", root, "--numeric-owner", "."])
        unfinished.rename(archive)
