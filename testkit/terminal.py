"""A developer who runs `python -m devstack` at a terminal and reads the output."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from devstack.paths import ROOT

# Variables of a shell that names a proxy for all hosts.
UNREACHABLE_PROXY = {
    **dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9"
    ),
    "NO_PROXY": "",
    "no_proxy": "",
}
LINE_TIMEOUT_SECONDS = 20.0


@dataclass
class Terminal:
    """A running command, and the lines that it has printed."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _has_new_line: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """Read lines until the command ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._has_new_line:
                self.lines.append(line.rstrip("\n"))
                self._has_new_line.notify_all()

    def wait_for(self, text: str, within: float = LINE_TIMEOUT_SECONDS) -> None:
        """Wait until the command has printed a text, or fail after `within` seconds."""
        with self._has_new_line:
            assert self._has_new_line.wait_for(lambda: text in "\n".join(self.lines), within), self.lines

    def stop(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code of the command."""
        self.process.send_signal(number)
        return self.process.wait(LINE_TIMEOUT_SECONDS)


@dataclass(frozen=True)
class Developer:
    """A developer, the folder for the state of their stack, and their ports."""

    folder: Path
    port: int
    aws_port: int

    @contextlib.contextmanager
    def start(self, command: str, **variables: str) -> Iterator[Terminal]:
        """Run a command with these environment variables until the block ends."""
        with self._start(command, variables) as process:
            terminal = Terminal(process)
            reader = threading.Thread(target=terminal.read)
            reader.start()
            try:
                yield terminal
            finally:
                process.terminate()
                reader.join()

    def run(self, command: str, within: float = LINE_TIMEOUT_SECONDS, **variables: str) -> tuple[int, str]:
        """Run a command to its end, at most `within` seconds. Return the exit code and the output."""
        with self._start(command, variables) as process:
            output, _ = process.communicate(timeout=within)
            return process.returncode, output

    def url(self, path: str) -> str:
        """Return the URL of a path of the API."""
        return f"http://127.0.0.1:{self.port}{path}"

    def read_settings(self) -> dict[str, str]:
        """Return the environment variables that the command wrote to a file for debuggers."""
        return {name: value or "" for name, value in dotenv_values(self.folder / "env").items()}

    def _start(self, command: str, variables: dict[str, str]) -> "subprocess.Popen[str]":
        # The command must ignore settings of a real AWS account.
        defaults = {"AWS_PROFILE": "not-ours", "USER_POOL_ID": "not-ours", "LOCAL_DIR": str(self.folder)}
        defaults |= {"PORT": str(self.port), "AWS_PORT": str(self.aws_port)}
        return subprocess.Popen(
            [sys.executable, "-m", "devstack", command],
            cwd=ROOT,
            env=os.environ | defaults | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
