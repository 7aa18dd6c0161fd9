"""The API under uvicorn, in a child process. Only its env file is specific to this machine."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack import environment
from devstack.paths import ROOT
from devstack.ports import LOOPBACK, is_listening
from devstack.process import stop_process

_START_TIMEOUT_SECONDS = 30.0


@dataclass(slots=True)
class Api:
    """The process that serves the API."""

    port: int
    process: subprocess.Popen[bytes]
    _is_exit_reported: bool = False

    def wait_until_listening(self) -> None:
        """Wait until the port accepts connections or the process ends, for at most 30 seconds."""
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not is_listening(self.port) and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)

    def pop_exit_message(self) -> str | None:
        """Return a message if the process has ended and no earlier call reported its end. None otherwise."""
        code = self.process.poll()
        if code is None or self._is_exit_reported:
            return None
        self._is_exit_reported = True
        return f"The API ended with exit code {code}; the embedded AWS stays up until Ctrl-C."


@contextlib.contextmanager
def serve(port: int, env_file: Path, env: Mapping[str, str], *, reload: bool = False) -> Iterator[Api]:
    """Serve the API until the block ends.

    The process stays in the session of the terminal, so that a `breakpoint()` in the app can read from it.

    Args:
        port: the port on loopback.
        env_file: the file with the settings of the app.
        env: the variables in that file, which replace those of the shell.
        reload: whether to restart the API when one of its source files changes.
    """
    process = subprocess.Popen(
        make_uvicorn_command(port, env_file, reload=reload), cwd=ROOT, env=environment.omit(os.environ, env)
    )
    try:
        yield Api(port, process)
    finally:
        stop_process(process)


def make_uvicorn_command(port: int, env_file: Path, *, reload: bool) -> list[str]:
    """Return the command that serves the API. A developer can run it in a terminal as well."""
    uvicorn = [sys.executable, "-m", "uvicorn", "app.main:app", "--env-file", str(env_file)]
    server = ["--host", LOOPBACK, "--port", str(port), "--timeout-graceful-shutdown", "5", "--ws", "none"]
    return [*uvicorn, *server, *(["--reload", "--reload-dir", str(ROOT / "app")] if reload else [])]
