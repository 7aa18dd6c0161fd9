"""A child process has its own session and a private log, and ends with its block."""

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from devstack import process as process_module
from devstack.errors import LocalError
from devstack.process import Service

_IGNORE_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)


def _wait_for_output(log: Path) -> None:
    while not log.exists() or not log.stat().st_size:
        time.sleep(0.01)


def test_process_has_its_own_session_folder_and_private_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.getcwd(), flush=True); input()"]
    log = tmp_path / "log"
    with process_module.start_process(command, folder=tmp_path / "a", environment={}, log=log) as process:
        assert os.getsid(process.pid) == process.pid
        process.wait()  # `input` fails, because the process has no standard input.
    assert log.read_text().startswith(f"{tmp_path / 'a'}\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_process_ends_with_the_block_even_after_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(KeyboardInterrupt),
        process_module.start_process(command, folder=tmp_path, environment={}, log=tmp_path / "log") as process,
    ):
        raise KeyboardInterrupt
    assert process.returncode == -15


def test_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _IGNORE_SIGTERM]
    log = tmp_path / "log"
    with process_module.start_process(command, folder=tmp_path, environment={}, log=log) as process:
        _wait_for_output(log)
        process_module.stop_process(process, timeout_seconds=0.2)
        assert process.returncode == -9


def test_service_that_ends_before_it_is_ready_is_reported(tmp_path: Path, free_port: int) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    log = tmp_path / "log"
    with process_module.start_process(command, folder=tmp_path, environment={}, log=log) as process:
        dying = Service("Dying", f"http://127.0.0.1:{free_port}", process, log)
        with pytest.raises(LocalError, match=f"^Dying ended with exit code 3: see {log}.$"):
            dying.wait_until(lambda _: True, "/")


def test_service_that_never_answers_is_reported(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "_START_TIMEOUT_SECONDS", 0.2)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    log = tmp_path / "log"
    with process_module.start_process(command, folder=tmp_path, environment={}, log=log) as process:
        silent = Service("Silent", f"http://127.0.0.1:{free_port}", process, log)
        with pytest.raises(LocalError, match=r"^Silent did not answer within "):
            silent.wait_until(lambda _: True, "/")
