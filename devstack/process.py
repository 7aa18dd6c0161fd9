"""Child processes: start, wait and stop."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from devstack import loopback
from devstack.errors import LocalError
from devstack.private_files import open_private

_START_TIMEOUT_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """A server in a child process."""

    name: str
    endpoint: str
    process: subprocess.Popen[bytes]
    log: Path

    def require_alive(self) -> None:
        """Check that the process is still running.

        Raises:
            LocalError: if it has ended.
        """
        if (code := self.process.poll()) is not None:
            raise LocalError(f"{self.name} ended with exit code {code}: see {self.log}.")

    def wait_until(self, is_ready: Callable[[httpx.Response], bool], path: str) -> None:
        """Request a path repeatedly until a response shows that the server is ready.

        Args:
            is_ready: returns True if the response shows that the server is ready.
            path: the path, with its first slash.

        Raises:
            LocalError: if the process ends, or if it is not ready within 60 seconds.
        """
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not _gets_ready_response(self.endpoint + path, is_ready):
            self.require_alive()
            if time.monotonic() > deadline:
                raise LocalError(
                    f"{self.name} did not answer within {_START_TIMEOUT_SECONDS:.0f} seconds: see {self.log}."
                )
            time.sleep(0.05)


@contextlib.contextmanager
def start_process(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    inherited_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends, in a new session, so that Ctrl-C does not reach the process.

    Args:
        command: the program and its arguments.
        folder: the working directory, which is created if it is missing.
        environment: the whole environment of the process.
        log: the file for its output, which only its owner can read.
        inherited_fds: file descriptors that stay open until the process ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_private(log) as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            pass_fds=inherited_fds,
        )
    try:
        yield process
    finally:
        stop_process(process)


def run_process(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    timeout_seconds: float,
) -> int:
    """Run a command to its end, in a new session, so that Ctrl-C does not reach it. Return its exit code.

    Args:
        command: the program and its arguments.
        folder: the working directory.
        environment: the whole environment of the process.
        log: the file for its output, which only its owner can read.
        timeout_seconds: the limit after which the process is killed.

    Raises:
        subprocess.TimeoutExpired: if the command takes longer than the limit.
    """
    with open_private(log) as output:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            timeout=timeout_seconds,
            check=False,
        ).returncode


def stop_process(
    process: subprocess.Popen[str] | subprocess.Popen[bytes], timeout_seconds: float = _STOP_TIMEOUT_SECONDS
) -> None:
    """Terminate a process and wait for its end. Kill it if it does not end within the timeout."""
    process.terminate()
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _gets_ready_response(url: str, is_ready: Callable[[httpx.Response], bool]) -> bool:
    try:
        return is_ready(loopback.get(url))
    except httpx.TransportError:
        return False
