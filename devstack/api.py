"""The API under uvicorn, in a process of its own; but for its env file it is what runs anywhere."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack import environment
from devstack.ports import LOOPBACK, listens
from devstack.process import end

ROOT = Path(__file__).parents[1]
_PATIENCE = 30.0


@dataclass(slots=True)
class Api:
    """The process that serves the API."""

    port: int
    process: subprocess.Popen[bytes]
    _reported: bool = False

    def wait(self) -> None:
        """Wait until it listens, or ended, or takes unusually long."""
        deadline = time.monotonic() + _PATIENCE
        while not listens(self.port) and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)

    def obituary(self) -> str | None:
        """Say once that it ended by itself."""
        code = self.process.poll()
        if code is None or self._reported:
            return None
        self._reported = True
        return f"The API ended with exit code {code}; the embedded AWS stays up until Ctrl-C."


@contextlib.contextmanager
def serving(port: int, env_file: Path, values: Mapping[str, str], *, reload: bool = False) -> Iterator[Api]:
    """Serve the app until the block ends.

    It stays in the terminal's session, so that a `breakpoint()` in the app can be typed at.

    Args:
        port: Where it listens, on loopback.
        env_file: Its settings.
        values: What is in that file.
        reload: Start it again whenever a source file changes.
    """
    process = subprocess.Popen(
        command(port, env_file, reload=reload), cwd=ROOT, env=environment.without(os.environ, values)
    )
    try:
        yield Api(port, process)
    finally:
        end(process)


def command(port: int, env_file: Path, *, reload: bool) -> list[str]:
    """Spell out what could be typed in a terminal too."""
    uvicorn = [sys.executable, "-m", "uvicorn", "app.main:app", "--env-file", str(env_file)]
    where = ["--host", LOOPBACK, "--port", str(port), "--timeout-graceful-shutdown", "5"]
    return [*uvicorn, *where, *(["--reload", "--reload-dir", str(ROOT / "app")] if reload else [])]
