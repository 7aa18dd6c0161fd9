"""A process of the app runs in the folder of the repository until its block ends, and its exit is reported once."""

import signal
import subprocess
import sys

import pytest

from devstack import app_process, worker
from devstack.app_process import AppProcess
from devstack.paths import ROOT


def test_exit_is_reported_once() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input(); raise SystemExit(7)"], stdin=subprocess.PIPE)
    job_worker = AppProcess("worker", process)
    assert job_worker.pop_exit_message() is None
    process.communicate(b"\n")
    assert job_worker.pop_exit_message() == (
        "The worker ended with exit code 7; the embedded AWS stays up until Ctrl-C."
    )
    assert job_worker.pop_exit_message() is None


def test_process_ends_with_the_block() -> None:
    with app_process.run("API", [sys.executable, "-c", "import time; time.sleep(60)"], {}) as api:
        assert api.process.poll() is None
    assert api.process.returncode == -signal.SIGTERM


def test_process_has_the_folder_and_the_environment(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os; print(os.getcwd(), os.environ['NAME'])"
    with app_process.run("API", [sys.executable, "-c", code], {"NAME": "value"}) as api:
        api.process.wait(20)
    assert capfd.readouterr().out == f"{ROOT} value\n"


def test_worker_has_the_variables_of_the_app(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables of the app replace those of the shell."""
    monkeypatch.setenv("JOB_QUEUE_URL", "")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with worker.run({"SAFETY_TABLE": "safety", "JOB_QUEUE_URL": "https://sqs.test/jobs"}) as job_worker:
        job_worker.process.wait(20)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("Missing in the environment: USER_POOL_ID, ")
    assert not any(name in line for name in ("AWS_REGION", "SAFETY_TABLE", "JOB_QUEUE_URL"))
    assert job_worker.pop_exit_message() == "The worker ended with exit code 1; the embedded AWS stays up until Ctrl-C."
