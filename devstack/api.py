"""The API under uvicorn, in a child process."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from devstack import app_process, environment
from devstack.app_process import AppProcess
from devstack.paths import ROOT
from devstack.ports import LOOPBACK, is_listening

_START_TIMEOUT_SECONDS = 30.0


@contextlib.contextmanager
def serve(port: int, env_file: Path, env: Mapping[str, str], *, reload: bool = False) -> Iterator[AppProcess]:
    """Serve the API until the block ends.

    Args:
        port: the port on loopback.
        env_file: the file with the settings of the app.
        env: the variables in that file, which replace those of the shell.
        reload: whether to restart the API when one of its source files changes.
    """
    command = make_uvicorn_command(port, env_file, reload=reload)
    with app_process.run("API", command, environment.omit(os.environ, env)) as api:
        yield api


def wait_until_listening(api: AppProcess, port: int) -> None:
    """Wait until the port accepts connections or the process ends, for at most 30 seconds."""
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while not is_listening(port) and api.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def make_uvicorn_command(port: int, env_file: Path, *, reload: bool) -> list[str]:
    """Return the command that serves the API. A developer can run it in a terminal as well."""
    uvicorn = [sys.executable, "-m", "uvicorn", "app.main:app", "--env-file", str(env_file)]
    server = ["--host", LOOPBACK, "--port", str(port), "--timeout-graceful-shutdown", "5", "--ws", "none"]
    # By default uvicorn would look at all source files four times a second.
    reloading = ["--reload", "--reload-dir", str(ROOT / "app"), "--reload-delay", "1"]
    return [*uvicorn, *server, *(reloading if reload else [])]
