import os
import stat
import sys
import time
from pathlib import Path

import pytest

from devstack import process as service
from devstack.errors import LocalError
from devstack.process import Service

_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def _wait_for_output(log: Path) -> None:
    while not log.exists() or not log.stat().st_size:
        time.sleep(0.01)


def test_it_has_a_session_a_folder_and_a_private_log_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.getcwd(), flush=True); input()"]
    log = tmp_path / "log"
    with service.started(command, folder=tmp_path / "a", environment={}, log=log) as process:
        assert os.getsid(process.pid) == process.pid
        process.wait()  # There is nobody to ask for input.
    assert log.read_text().startswith(f"{tmp_path / 'a'}\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_it_ends_with_the_block_even_after_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(KeyboardInterrupt),
        service.started(command, folder=tmp_path, environment={}, log=tmp_path / "log") as process,
    ):
        raise KeyboardInterrupt
    assert process.returncode == -15


def test_one_that_never_would_end_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STUBBORN]
    log = tmp_path / "log"
    with service.started(command, folder=tmp_path, environment={}, log=log) as process:
        _wait_for_output(log)
        service.end(process, patience=0.2)
        assert process.returncode == -9


def test_one_that_dies_while_waited_for_is_reported(tmp_path: Path, free_port: int) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    log = tmp_path / "log"
    with service.started(command, folder=tmp_path, environment={}, log=log) as process:
        dying = Service("Dying", f"http://127.0.0.1:{free_port}", process, log)
        with pytest.raises(LocalError, match=f"^Dying ended with exit code 3: see {log}.$"):
            dying.wait_until(lambda _: True, "/")


def test_one_that_never_answers_is_reported(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PATIENCE", 0.2)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    log = tmp_path / "log"
    with service.started(command, folder=tmp_path, environment={}, log=log) as process:
        silent = Service("Silent", f"http://127.0.0.1:{free_port}", process, log)
        with pytest.raises(LocalError, match=r"^Silent did not answer within "):
            silent.wait_until(lambda _: True, "/")
