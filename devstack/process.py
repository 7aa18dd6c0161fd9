"""A program in a process of its own: started, waited for, ended in order; knows not which."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from devstack.errors import LocalError
from devstack.private_files import private

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """A server that was started here."""

    name: str
    endpoint: str
    process: subprocess.Popen[bytes]
    log: Path

    def require_alive(self) -> None:
        """Find out whether it still runs.

        Raises:
            LocalError: it ended by itself.
        """
        if (code := self.process.poll()) is not None:
            raise LocalError(f"{self.name} ended with exit code {code}: see {self.log}.")

    def wait_until(self, answers: Callable[[httpx.Response], bool], path: str) -> None:
        """Wait for the first right answer.

        Raises:
            LocalError: it ended by itself, or took too long.
        """
        deadline = time.monotonic() + _PATIENCE
        while not _answers(self.endpoint + path, answers):
            self.require_alive()
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} did not answer within {_PATIENCE:.0f} seconds: see {self.log}.")
            time.sleep(0.05)


@contextlib.contextmanager
def started(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    inherited: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends, in a session of its own that no Ctrl-C reaches."""
    folder.mkdir(parents=True, exist_ok=True)
    with private(log) as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            pass_fds=inherited,
        )
    try:
        yield process
    finally:
        end(process)


def finished(
    command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str], log: Path, patience: float
) -> int:
    """Run a command to its end, out of reach of Ctrl-C, and return its exit code.

    Raises:
        subprocess.TimeoutExpired: it took longer than the patience, in seconds, and was ended.
    """
    with private(log) as output:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            timeout=patience,
            check=False,
        ).returncode


def end(process: subprocess.Popen[str] | subprocess.Popen[bytes], patience: float = _PATIENCE) -> None:
    """Ask a process to end and wait until it has; killed only where it never would."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str, answers: Callable[[httpx.Response], bool]) -> bool:
    try:
        return answers(httpx.get(url, trust_env=False, timeout=5))
    except httpx.TransportError:
        return False
