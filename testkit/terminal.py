"""A developer at a terminal, who starts `python -m devstack` and reads what it prints."""

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

ROOT = Path(__file__).parents[1]
LINE_WITHIN = 20.0


@dataclass
class Terminal:
    """A running command and the lines that it has printed."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def wait_for(self, text: str, within: float = LINE_WITHIN) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text in "\n".join(self.lines), within), self.lines

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(LINE_WITHIN)


@dataclass(frozen=True)
class Developer:
    """Someone at a machine of their own."""

    home: Path
    port: int
    aws_port: int

    @contextlib.contextmanager
    def starts(self, command: str, **choices: str) -> Iterator[Terminal]:
        with self._started(command, choices) as process:
            terminal = Terminal(process)
            reader = threading.Thread(target=terminal.read)
            reader.start()
            try:
                yield terminal
            finally:
                process.terminate()
                reader.join()

    def types(self, command: str, within: float = LINE_WITHIN, **choices: str) -> tuple[int, str]:
        with self._started(command, choices) as process:
            output, _ = process.communicate(timeout=within)
            return process.returncode, output

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def settings(self) -> dict[str, str]:
        return {name: value or "" for name, value in dotenv_values(self.home / "env").items()}

    def _started(self, command: str, choices: dict[str, str]) -> "subprocess.Popen[str]":
        # Their own Amazon must not get in the way.
        own = {"AWS_PROFILE": "not-ours", "USER_POOL_ID": "not-ours", "LOCAL_DIR": str(self.home)}
        own |= {"PORT": str(self.port), "AWS_PORT": str(self.aws_port)}
        return subprocess.Popen(
            [sys.executable, "-m", "devstack", command],
            cwd=ROOT,
            env=os.environ | own | choices,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
