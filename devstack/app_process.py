"""Child processes of the app: the API and the worker. Only their environment is specific to this machine."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devstack.paths import ROOT
from devstack.process import stop_process


@dataclass(slots=True)
class AppProcess:
    """A process of the app, and its name in messages."""

    name: str
    process: subprocess.Popen[bytes]
    _is_exit_reported: bool = False

    def pop_exit_message(self) -> str | None:
        """Return a message if the process has ended and no earlier call reported its end. None otherwise."""
        code = self.process.poll()
        if code is None or self._is_exit_reported:
            return None
        self._is_exit_reported = True
        return f"The {self.name} ended with exit code {code}; the embedded AWS stays up until Ctrl-C."


@contextlib.contextmanager
def run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[AppProcess]:
    """Run a process of the app until the block ends.

    The process stays in the session of the terminal, so that a `breakpoint()` in the app can read from it.

    Args:
        name: the name of the process in messages.
        command: the program and its arguments.
        environment: the whole environment of the process.
    """
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield AppProcess(name, process)
    finally:
        stop_process(process)
