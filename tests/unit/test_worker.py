"""The worker process does what is due until a signal stops it, and survives errors of AWS."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

import pytest

from app import worker as worker_module
from app.errors import UnavailableError
from app.jobs.job import MustStop
from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from app.jobs.queue import MAX_POLL_SECONDS, Delivery, JobQueue
from app.settings import Settings
from app.worker import SWEEP_INTERVAL_SECONDS, WorkerProcess
from devstack import clients, environment
from devstack.paths import ROOT
from devstack.process import Service
from testkit.doubles import Clock
from testkit.rankings import skip_renewals
from tests.unit.observability.test_json_logging import capture_log
from tests.unit.test_lambda_handler import ENVIRONMENT, UNREACHABLE_AWS

if TYPE_CHECKING:
    from app.jobs.worker import Worker

SUBJECT = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
MESSAGE = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT)

# A worker whose job runs until it must stop.
LONG_JOB = """
import sys, time
from app import worker
from app.jobs.job import Progress
from app.me.erasure import Erasure

def run(self, subject, must_stop):
    print("job runs", file=sys.stderr, flush=True)
    while not must_stop():
        time.sleep(0.01)
    return Progress(is_done=False)

Erasure.run = run
sys.exit(worker.main())
"""

Event = str | Exception | Callable[[], None]


class QueueStub:
    """A queue with one entry for each poll: a message to deliver, an exception to raise, or a function to call.

    The poll after the last entry sets the event.
    """

    def __init__(self, events: Iterable[Event], stop: threading.Event) -> None:
        self._events = list(events)
        self._stop = stop
        self.calls: list[str] = []

    def receive(self, poll_seconds: int = MAX_POLL_SECONDS) -> Delivery | None:
        self.calls.append(f"receive {poll_seconds}")
        if not self._events:
            self._stop.set()
            return None
        event = self._events.pop(0)
        if isinstance(event, Exception):
            raise event
        if callable(event):
            event()
            return None
        return Delivery(event, f"receipt of {event}", f"body of {event}")

    def delete(self, delivery: Delivery) -> None:
        self.calls.append(f"delete {delivery.receipt}")

    def give_back(self, delivery: Delivery) -> None:
        self.calls.append(f"give back {delivery.receipt}")


class WorkerStub:
    """A worker that records its calls. Messages whose id is `bad` fail, and `stop` stops the process."""

    queue: QueueStub

    def __init__(self, stop: threading.Event, *, sweep_succeeds: bool = True) -> None:
        self._stop = stop
        self._sweep_succeeds = sweep_succeeds
        self.calls: list[str] = []

    def handle(self, message_id: str, body: str, is_stopping: MustStop) -> bool:
        if message_id == "stop":
            self._stop.set()
        self.calls.append(f"{body}, stopping: {is_stopping()}")
        return message_id != "bad"

    def sweep(self, sweep_id: str) -> bool:
        self.calls.append("sweep")
        uuid.UUID(sweep_id)
        return self._sweep_succeeds


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.worker.time", clock)
    return clock


def _make_process(queue: QueueStub, worker: WorkerStub, stop: threading.Event) -> WorkerProcess:
    worker.queue = queue
    return WorkerProcess(cast("Worker", worker), stop)


class TestLoop:
    def test_message_is_deleted_once_its_work_is_done(self, stop: threading.Event) -> None:
        queue, worker = QueueStub(["a", "b"], stop), WorkerStub(stop)
        _make_process(queue, worker, stop).run()
        assert worker.calls == ["sweep", "body of a, stopping: False", "body of b, stopping: False"]
        poll = f"receive {MAX_POLL_SECONDS}"
        assert queue.calls == [poll, "delete receipt of a", poll, "delete receipt of b", poll]

    def test_failed_message_is_not_deleted(self, stop: threading.Event) -> None:
        queue = QueueStub(["bad", "a"], stop)
        _make_process(queue, WorkerStub(stop), stop).run()
        assert [each for each in queue.calls if not each.startswith("receive")] == ["delete receipt of a"]

    def test_sweep_runs_at_the_start_and_every_five_minutes(self, stop: threading.Event, clock: Clock) -> None:
        def pass_time(seconds: float) -> Callable[[], None]:
            return lambda: clock.sleep(seconds)

        almost = pass_time(SWEEP_INTERVAL_SECONDS - 1)
        queue, worker = QueueStub([almost, "a", pass_time(1), "b", almost, "c", pass_time(1)], stop), WorkerStub(stop)
        _make_process(queue, worker, stop).run()
        assert [each.removesuffix(", stopping: False") for each in worker.calls] == [
            "sweep",
            "body of a",
            "sweep",
            "body of b",
            "body of c",
            "sweep",
        ]
        assert SWEEP_INTERVAL_SECONDS == 300

    def test_failed_sweep_does_not_hold_up_messages(self, stop: threading.Event) -> None:
        worker = WorkerStub(stop, sweep_succeeds=False)
        _make_process(QueueStub(["a"], stop), worker, stop).run()
        assert worker.calls == ["sweep", "body of a, stopping: False"]

    def test_loop_pauses_after_an_error_and_goes_on(
        self, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock()
        monkeypatch.setattr("app.worker.time", clock)
        lines = capture_log(monkeypatch)
        worker = WorkerStub(stop)
        _make_process(QueueStub([UnavailableError(), ValueError(SUBJECT), "a"], stop), worker, stop).run()
        assert worker.calls[1:] == ["body of a, stopping: False"]
        assert sum(clock.pauses) == pytest.approx(2 * 5, abs=0.5)
        assert [(line["level"], line["message"]) for line in lines()] == [
            ("ERROR", "worker pauses after an error: ")
        ] * 2
        assert SUBJECT not in str(lines())

    def test_process_that_stops_does_not_pause(self, stop: threading.Event) -> None:
        def stop_and_fail() -> None:
            stop.set()
            raise UnavailableError

        started = time.monotonic()
        _make_process(QueueStub([stop_and_fail], stop), WorkerStub(stop), stop).run()
        assert time.monotonic() - started < 1


class TestStop:
    def test_stopped_process_begins_nothing(self, stop: threading.Event) -> None:
        stop.set()
        queue, worker = QueueStub(["a"], stop), WorkerStub(stop)
        _make_process(queue, worker, stop).run()
        assert (queue.calls, worker.calls) == ([], [])

    def test_message_that_arrives_while_stopping_is_given_back(
        self, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue, worker = QueueStub(["a"], stop), WorkerStub(stop)
        receive = queue.receive

        def receive_late(poll_seconds: int = MAX_POLL_SECONDS) -> Delivery | None:
            stop.set()  # The signal arrives during the poll.
            return receive(poll_seconds)

        monkeypatch.setattr(queue, "receive", receive_late)
        _make_process(queue, worker, stop).run()
        assert queue.calls[1:] == ["give back receipt of a"]
        assert worker.calls == ["sweep"]

    def test_message_in_progress_is_completed(self, stop: threading.Event) -> None:
        queue, worker = QueueStub(["stop", "a"], stop), WorkerStub(stop)
        _make_process(queue, worker, stop).run()
        assert worker.calls == ["sweep", "body of stop, stopping: True"]
        assert queue.calls[1:] == ["delete receipt of stop"]


class TestOnce:
    def test_all_messages_are_handled_after_a_sweep(self, stop: threading.Event) -> None:
        queue, worker = QueueStub(["a", "b"], stop), WorkerStub(stop)
        assert _make_process(queue, worker, stop).run_once()
        assert worker.calls == ["sweep", "body of a, stopping: False", "body of b, stopping: False"]
        assert [each for each in queue.calls if each.startswith("receive")] == ["receive 1"] * 3

    @pytest.mark.parametrize(
        ("messages", "sweep_succeeds"), [(["bad", "a"], True), (["a", "bad"], True), (["a"], False)]
    )
    def test_any_failure_is_returned_after_the_rest(
        self, messages: list[str], sweep_succeeds: bool, stop: threading.Event
    ) -> None:
        worker = WorkerStub(stop, sweep_succeeds=sweep_succeeds)
        assert not _make_process(QueueStub(messages, stop), worker, stop).run_once()
        assert len(worker.calls) == 1 + len(messages)

    def test_signal_ends_it_after_the_current_message(self, stop: threading.Event) -> None:
        worker = WorkerStub(stop)
        assert _make_process(QueueStub(["stop", "a"], stop), worker, stop).run_once()
        assert worker.calls == ["sweep", "body of stop, stopping: True"]


class TestCommandLine:
    def test_help_names_the_signal_and_the_option(self) -> None:
        result = _run("--help", env={})
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("usage: python -m app.worker [-h] [--once]\n")
        assert "SIGTERM" in result.stdout

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"SAFETY_TABLE": "", "JOB_QUEUE_URL": ""}, "Missing in the environment: SAFETY_TABLE, JOB_QUEUE_URL.\n"),
            ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL.\n"),
        ],
    )
    @pytest.mark.parametrize("arguments", [(), ("--once",)])
    def test_invalid_settings_are_an_error_of_one_line(
        self, arguments: tuple[str, ...], changes: dict[str, str], message: str
    ) -> None:
        result = _run(*arguments, env=ENVIRONMENT | changes)
        assert (result.returncode, result.stdout, result.stderr) == (1, "", message)

    def test_unknown_option_is_an_error(self) -> None:
        result = _run("--twice", env=ENVIRONMENT)
        assert result.returncode == 2
        assert result.stderr.splitlines()[-1] == "python -m app.worker: error: unrecognized arguments: --twice"

    @pytest.mark.slow
    def test_unreachable_aws_fails_once_with_its_cause(self) -> None:
        result = _run("--once", env=ENVIRONMENT | UNREACHABLE_AWS | {"LOG_FORMAT": "json"})
        assert result.returncode == 1
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        assert [line["message"].partition(":")[0] for line in lines] == [
            "job sweep failed",
            "job",
            "worker ends after an error",
        ]
        assert lines[0]["aws_error"] == lines[2]["aws_error"] == "EndpointConnectionError"


class TestProcess:
    """A real process, with a real queue."""

    @pytest.fixture
    def env(self, settings: Settings, embedded: Service) -> dict[str, str]:
        skip_renewals(clients.dynamodb_client(embedded.endpoint, settings.region), settings)
        return environment.make_variables(settings, embedded.endpoint, embedded.endpoint)

    @pytest.fixture
    def queue(self, settings: Settings) -> JobQueue:
        return JobQueue(settings.region, settings.job_queue_url)

    def test_once_does_what_is_due(self, env: dict[str, str], queue: JobQueue) -> None:
        """The job of an unknown member has nothing to do."""
        queue.send(MESSAGE)
        result = _run("--once", env=env)
        assert (result.returncode, result.stdout) == (0, "")
        sweep, job = result.stderr.splitlines()
        assert sweep.startswith("INFO:     job sweep done ")
        assert job.startswith("INFO:     job delete-account 0 done ")
        assert queue.receive(poll_seconds=0) is None

    def test_once_fails_if_a_message_fails(self, env: dict[str, str], queue: JobQueue, settings: Settings) -> None:
        queue._client.send_message(QueueUrl=settings.job_queue_url, MessageBody=f"delete {SUBJECT}")
        result = _run("--once", env=env | {"LOG_FORMAT": "json", "STAGE": "prod"})
        assert result.returncode == 1
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        assert [line["message"] for line in lines] == ["job", "message cannot be read: json_invalid", "job"]
        assert [(line["outcome"], line["Stage"], line["JobFailures"]) for line in lines[::2]] == [
            ("done", "prod", 0),
            ("failed", "prod", 1),
        ]
        assert SUBJECT not in result.stderr

    @pytest.mark.slow
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_signal_during_a_poll_ends_the_process(self, number: signal.Signals, env: dict[str, str]) -> None:
        with _start(env) as process:
            assert _read_until(process, "job sweep done")[0] == "INFO:     worker started\n"
            time.sleep(0.5)
            started = time.monotonic()
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
        assert time.monotonic() - started < MAX_POLL_SECONDS + 2
        assert (process.returncode, errors) == (0, "INFO:     worker stopped\n")

    def test_message_that_arrives_after_the_signal_is_left_to_others(
        self, env: dict[str, str], queue: JobQueue
    ) -> None:
        with _start(env) as process:
            _read_until(process, "job sweep done")
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            queue.send(MESSAGE)
            process.communicate(timeout=20)
        assert process.returncode == 0
        assert queue.receive(poll_seconds=1)

    def test_signal_during_a_job_leaves_the_rest_to_the_next_message(
        self, env: dict[str, str], queue: JobQueue
    ) -> None:
        queue.send(MESSAGE)
        with _start(env, "-c", LONG_JOB) as process:
            _read_until(process, "job runs")
            process.terminate()
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert errors.startswith("INFO:     job delete-account 0 continued ")
        delivery = queue.receive(poll_seconds=1)
        assert delivery
        assert JobMessage.from_json(delivery.body) == MESSAGE.next()
        assert queue.receive(poll_seconds=0) is None

    def test_worker_waits_for_aws(self, env: dict[str, str]) -> None:
        with _start(env | UNREACHABLE_AWS | {"AWS_ENDPOINT_URL_SQS": UNREACHABLE_AWS["AWS_ENDPOINT_URL"]}) as process:
            lines = _read_until(process, "worker pauses after an error: aws_error=EndpointConnectionError")
            assert process.poll() is None
            process.terminate()
            process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_sets_the_event(number: signal.Signals) -> None:
    """So no signal interrupts a write."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop = worker_module._stop_on_signals()
        os.kill(os.getpid(), number)
        assert stop.wait(1)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _environ(env: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath)} | env


def _run(*arguments: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-m", "app.worker", *arguments]
    return subprocess.run(command, cwd=ROOT, env=_environ(env), capture_output=True, text=True, timeout=60, check=False)


@contextlib.contextmanager
def _start(env: dict[str, str], *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run Python with these arguments until the block ends, by default the worker."""
    command = [sys.executable, "-W", "error", *(arguments or ("-m", "app.worker"))]
    with subprocess.Popen(command, cwd=ROOT, env=_environ(env), stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _read_until(process: "subprocess.Popen[str]", text: str) -> list[str]:
    """Return the lines on standard error, up to the first one with this text."""
    assert process.stderr
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        line = process.stderr.readline()
        assert line, lines
        lines.append(line)
    return lines
