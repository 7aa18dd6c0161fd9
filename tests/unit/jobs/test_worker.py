"""The worker runs jobs until they end or have to wait, and revives those that nothing works on."""

import io
import logging
from collections.abc import Iterable, Iterator
from typing import Any
from unittest.mock import Mock, call

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.aws.deadline import remaining_seconds
from app.errors import TooManyRequestsError, UnavailableError
from app.jobs.job import MustStop, Progress
from app.jobs.messages import DELETE_ACCOUNT, MAX_NUMBER, RENEW_RANKING, JobMessage
from app.jobs.pending import PendingJobRepository
from app.jobs.queue import JobQueue
from app.jobs.worker import DEADLINE_SECONDS, WORK_SECONDS, Worker
from app.observability import json_logging, text_logging
from app.observability.log_lines import hash_id
from testkit.doubles import Clock
from tests.unit.observability.test_json_logging import Lines, capture_log, restore_loggers_on_undo

SUBJECT, OTHER_SUBJECT = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "1f6a3c70-2b1d-7c44-9a53-5d0c6a7b8e9f"
MESSAGE = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT)
DONE = Progress(is_done=True)

TRANSIENT_ERRORS = [
    pytest.param(UnavailableError(), id="unavailable"),
    pytest.param(TooManyRequestsError(), id="rate limit"),
    pytest.param(EndpointConnectionError(endpoint_url="https://dynamodb.test"), id="no connection"),
    pytest.param(ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"), id="throttling"),
    pytest.param(ClientError({"Error": {"Code": "InternalServerError"}}, "Query"), id="error of DynamoDB"),
]
OTHER_ERRORS = [
    pytest.param(ValueError("kay@example.org"), id="error of the code"),
    pytest.param(
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": SUBJECT}}, "Query"), id="missing permission"
    ),
    pytest.param(
        ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": SUBJECT}}, "Query"), id="missing table"
    ),
]

Outcome = Progress | Exception


class ScriptedJob:
    """A job with the given outcomes. The last one repeats.

    Attributes:
        runs: for each run, the subject, and whether the job had to stop.
        deadlines: for each run, the seconds until its deadline.
    """

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self._outcomes = list(outcomes)
        self.runs: list[tuple[str, bool]] = []
        self.deadlines: list[float] = []

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        self.runs.append((subject, must_stop()))
        self.deadlines.append(remaining_seconds())
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.jobs.worker.time", clock)
    monkeypatch.setattr("app.jobs.worker.random.uniform", lambda _, longest: longest)
    return clock


@pytest.fixture
def aws() -> Any:
    """Return a parent of the queue and of the pending jobs, which records the calls of both."""
    aws = Mock()
    aws.queue = Mock(spec=JobQueue)
    aws.pending = Mock(spec=PendingJobRepository)
    return aws


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


def _make_worker(aws: Any, job: ScriptedJob) -> Worker:
    return Worker(aws.queue, aws.pending, {DELETE_ACCOUNT: job})


class TestHandle:
    def test_job_of_the_message_runs_after_its_row_is_touched(self, aws: Any) -> None:
        job = ScriptedJob([DONE])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert job.runs == [(SUBJECT, False)]
        assert aws.mock_calls == [call.pending.touch(DELETE_ACCOUNT, SUBJECT)]

    @pytest.mark.parametrize("delay_seconds", [0, 60])
    def test_unfinished_job_continues_in_the_next_message(self, delay_seconds: int, aws: Any) -> None:
        job = ScriptedJob([Progress(is_done=False, delay_seconds=delay_seconds)])
        assert _make_worker(aws, job).handle("id", MESSAGE.next().to_json())
        aws.queue.send.assert_called_once_with(MESSAGE.next().next(), delay_seconds)

    def test_message_fails_if_the_next_one_cannot_be_sent(self, aws: Any) -> None:
        """Otherwise nothing would continue the job until the next sweep."""
        aws.queue.send.side_effect = UnavailableError()
        assert not _make_worker(aws, ScriptedJob([Progress(is_done=False)])).handle("id", MESSAGE.to_json())

    @pytest.mark.parametrize("body", ["", "{}", "delete", MESSAGE.to_json().replace("1", "2", 1)])
    def test_unreadable_message_fails_without_a_call(self, body: str, aws: Any) -> None:
        job = ScriptedJob([DONE])
        assert not _make_worker(aws, job).handle("id", body)
        assert (job.runs, aws.mock_calls) == ([], [])

    def test_message_of_an_endless_chain_fails_without_a_call(self, aws: Any) -> None:
        job = ScriptedJob([Progress(is_done=False)])
        last = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT, number=MAX_NUMBER)
        assert _make_worker(aws, job).handle("id", last.to_json())
        (sent, _), _ = aws.queue.send.call_args
        aws.reset_mock()
        assert not _make_worker(aws, job).handle("id", sent.to_json())
        assert (len(job.runs), aws.mock_calls) == (1, [])

    def test_calls_have_a_deadline_before_the_timeout_of_the_function(self, aws: Any) -> None:
        job = ScriptedJob([DONE])
        _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert WORK_SECONDS < job.deadlines[0] <= DEADLINE_SECONDS - 6 < DEADLINE_SECONDS < 60

    def test_next_message_has_time_after_the_last_call_of_the_job(self, aws: Any) -> None:
        class LongJob(ScriptedJob):
            def run(self, subject: str, must_stop: MustStop) -> Progress:
                aws.left_for_the_job = remaining_seconds()
                return super().run(subject, must_stop)

        aws.queue.send.side_effect = lambda *_: setattr(aws, "left_for_the_message", remaining_seconds())
        _make_worker(aws, LongJob([Progress(is_done=False)])).handle("id", MESSAGE.to_json())
        assert aws.left_for_the_message - aws.left_for_the_job == pytest.approx(6, abs=0.5)


class TestErrors:
    @pytest.mark.parametrize("error", TRANSIENT_ERRORS)
    def test_transient_error_is_retried(self, error: Exception, aws: Any, clock: Clock) -> None:
        job = ScriptedJob([error, error, DONE])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert len(job.runs) == 3
        assert clock.pauses == [0.5, 1]
        aws.queue.send.assert_not_called()

    def test_job_continues_later_after_transient_errors_until_the_time_is_up(self, aws: Any, clock: Clock) -> None:
        job = ScriptedJob([UnavailableError()])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert clock.pauses[:5] == [0.5, 1, 2, 4, 4]
        assert WORK_SECONDS <= sum(clock.pauses) < WORK_SECONDS + 4
        aws.queue.send.assert_called_once_with(MESSAGE.next(), 30)

    @pytest.mark.usefixtures("clock")
    @pytest.mark.parametrize(("delay_seconds", "expected"), [(0, 30), (60, 60)])
    def test_next_message_after_a_transient_error_has_a_delay(
        self, delay_seconds: int, expected: int, aws: Any, lines: Lines
    ) -> None:
        job = ScriptedJob([UnavailableError(), Progress(is_done=False, delay_seconds=delay_seconds)])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json())
        aws.queue.send.assert_called_once_with(MESSAGE.next(), expected)
        assert (lines()[-1]["outcome"], lines()[-1]["JobFailures"]) == ("delayed", 1)

    def test_unreachable_table_of_pending_jobs_is_retried(self, aws: Any, clock: Clock) -> None:
        aws.pending.touch.side_effect = [UnavailableError(), None]
        job = ScriptedJob([DONE])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert (len(job.runs), clock.pauses) == (1, [0.5])

    @pytest.mark.parametrize("error", OTHER_ERRORS)
    def test_other_error_fails_the_message_at_once(self, error: Exception, aws: Any, clock: Clock) -> None:
        job = ScriptedJob([error, DONE])
        assert not _make_worker(aws, job).handle("id", MESSAGE.to_json())
        assert (len(job.runs), clock.pauses) == (1, [])
        aws.queue.send.assert_not_called()


class TestStop:
    def test_job_learns_that_its_time_is_up(self, aws: Any, clock: Clock) -> None:
        answers: list[bool] = []

        class SlowJob(ScriptedJob):
            def run(self, subject: str, must_stop: MustStop) -> Progress:
                for pause in (WORK_SECONDS - 1, 1):
                    clock.sleep(pause)
                    answers.append(must_stop())
                return super().run(subject, must_stop)

        _make_worker(aws, SlowJob([Progress(is_done=False)])).handle("id", MESSAGE.to_json())
        assert answers == [False, True]

    def test_job_learns_that_the_process_stops(self, aws: Any) -> None:
        job = ScriptedJob([Progress(is_done=False)])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json(), lambda: True)
        assert job.runs == [(SUBJECT, True)]
        aws.queue.send.assert_called_once_with(MESSAGE.next(), 0)

    def test_process_that_stops_retries_nothing(self, aws: Any, clock: Clock) -> None:
        job = ScriptedJob([UnavailableError()])
        assert _make_worker(aws, job).handle("id", MESSAGE.to_json(), lambda: True)
        assert (len(job.runs), clock.pauses) == (1, [])
        aws.queue.send.assert_called_once_with(MESSAGE.next(), 30)


class TestSweep:
    def test_message_is_sent_before_the_row_is_touched(self, aws: Any) -> None:
        aws.pending.iter_stale.return_value = iter([SUBJECT, OTHER_SUBJECT])
        assert _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        assert aws.mock_calls == [
            call.pending.iter_stale(DELETE_ACCOUNT),
            *_make_revival(SUBJECT),
            *_make_revival(OTHER_SUBJECT),
        ]

    def test_sweep_ends_before_the_timeout_of_the_function(self, aws: Any, clock: Clock) -> None:
        """The next sweep finds the rest."""
        aws.pending.iter_stale.return_value = iter([SUBJECT] * 3)
        aws.queue.send.side_effect = lambda _: clock.sleep(WORK_SECONDS / 2)
        assert _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        assert aws.mock_calls[1:] == _make_revival(SUBJECT) * 2

    def test_sweep_without_stale_rows_sends_nothing(self, aws: Any) -> None:
        aws.pending.iter_stale.return_value = iter([])
        assert _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        aws.queue.send.assert_not_called()
        aws.pending.touch.assert_not_called()

    def test_row_is_not_touched_if_its_message_is_not_sent(self, aws: Any) -> None:
        """The row stays stale, so that the next sweep finds it."""
        aws.pending.iter_stale.return_value = iter([SUBJECT])
        aws.queue.send.side_effect = UnavailableError()
        assert not _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        aws.pending.touch.assert_not_called()

    @pytest.mark.parametrize("error", TRANSIENT_ERRORS)
    def test_transient_error_at_one_row_does_not_stop_the_sweep(self, error: Exception, aws: Any, lines: Lines) -> None:
        aws.pending.iter_stale.return_value = iter([SUBJECT, OTHER_SUBJECT])
        aws.pending.touch.side_effect = [error, None]
        assert _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        assert aws.mock_calls[1:] == [*_make_revival(SUBJECT), *_make_revival(OTHER_SUBJECT)]
        assert lines()[-1]["revived"] == 1

    def test_failed_sweep_keeps_what_it_did(self, aws: Any, lines: Lines) -> None:
        def iter_stale(_: str) -> Iterator[str]:
            yield SUBJECT
            raise UnavailableError

        aws.pending.iter_stale.side_effect = iter_stale
        assert not _make_worker(aws, ScriptedJob([DONE])).sweep("id")
        assert aws.mock_calls[1:] == _make_revival(SUBJECT)
        assert (lines()[-1]["outcome"], lines()[-1]["revived"]) == ("failed", 1)


class TestSchedule:
    @pytest.fixture
    def worker(self, aws: Any) -> Worker:
        """Return a worker with two due jobs, of which one is pending."""
        aws.pending.iter_stale.return_value = iter([])
        aws.pending.add_if_absent.side_effect = lambda _, subject: subject == "day"
        job = ScriptedJob([DONE])
        return Worker(aws.queue, aws.pending, {RENEW_RANKING: job}, {RENEW_RANKING: lambda: iter(["hot", "day"])})

    def test_due_job_that_is_not_pending_is_started(self, worker: Worker, aws: Any, lines: Lines) -> None:
        assert worker.sweep("id")
        assert aws.mock_calls == [
            call.pending.iter_stale(RENEW_RANKING),
            call.pending.add_if_absent(RENEW_RANKING, "hot"),
            call.pending.add_if_absent(RENEW_RANKING, "day"),
            call.queue.send_or_log(JobMessage(kind=RENEW_RANKING, subject="day")),
        ]
        assert (lines()[-1]["outcome"], lines()[-1]["revived"]) == ("done", 0)

    def test_sweep_fails_if_the_jobs_cannot_be_started(self, worker: Worker, aws: Any) -> None:
        aws.pending.add_if_absent.side_effect = UnavailableError()
        assert not worker.sweep("id")

    def test_lost_jobs_are_revived_before_due_jobs_are_started(self, worker: Worker, aws: Any) -> None:
        aws.pending.iter_stale.return_value = iter(["week"])
        assert worker.sweep("id")
        sent = [each.args[0].subject for each in aws.queue.mock_calls]
        assert sent == ["week", "day"]


def _make_revival(subject: str) -> list[Any]:
    message = JobMessage(kind=DELETE_ACCOUNT, subject=subject)
    return [call.queue.send(message), call.pending.touch(DELETE_ACCOUNT, subject)]


class TestLog:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [
            pytest.param(DONE, {"outcome": "done", "JobFailures": 0}, id="done"),
            pytest.param(
                Progress(is_done=True, metric="AccountsDeleted"),
                {"outcome": "done", "AccountsDeleted": 1, "JobFailures": 0},
                id="counted",
            ),
            pytest.param(Progress(is_done=False), {"outcome": "continued", "JobFailures": 0}, id="continued"),
            pytest.param(ValueError(), {"outcome": "failed", "JobFailures": 1}, id="failed"),
        ],
    )
    def test_message_has_a_line_with_its_outcome(
        self, outcome: Outcome, expected: dict[str, Any], aws: Any, lines: Lines
    ) -> None:
        _make_worker(aws, ScriptedJob([outcome])).handle("the message", MESSAGE.to_json())
        *_, line = lines()
        common = {"message": "job", "request_id": "the message", "job": DELETE_ACCOUNT, "number": 0, "Jobs": 1}
        assert line.items() >= (common | expected | {"member": hash_id(SUBJECT)}).items()
        assert ("AccountsDeleted" in line) is ("AccountsDeleted" in expected)

    def test_sweep_has_a_line_with_the_number_of_revived_jobs(self, aws: Any, lines: Lines) -> None:
        aws.pending.iter_stale.return_value = iter([SUBJECT] * 3)
        _make_worker(aws, ScriptedJob([DONE])).sweep("the sweep")
        (line,) = lines()
        expected = {"request_id": "the sweep", "job": "sweep", "outcome": "done", "revived": 3, "JobsRevived": 3}
        assert line.items() >= expected.items()

    def test_failed_job_has_a_line_with_its_cause(self, aws: Any, lines: Lines) -> None:
        error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": SUBJECT}}, "Query")
        _make_worker(aws, ScriptedJob([error])).handle("the message", MESSAGE.to_json())
        cause, _ = lines()
        assert (cause["level"], cause["aws_error"], cause["aws_operation"]) == (
            "ERROR",
            "AccessDeniedException",
            "Query",
        )
        assert cause["request_id"] == "the message"
        assert "in run\n" in cause["exception"]

    @pytest.mark.usefixtures("clock")
    @pytest.mark.parametrize("log_format", ["json", "text"])
    @pytest.mark.parametrize("outcome", [pytest.param(DONE, id="done"), *TRANSIENT_ERRORS, *OTHER_ERRORS])
    def test_log_has_neither_the_subject_nor_the_body(
        self, outcome: Outcome, log_format: str, aws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restore_loggers_on_undo(monkeypatch)
        stream = io.StringIO()
        if log_format == "json":
            json_logging.install("test", stream)
        else:
            text_logging.install("DEBUG", stream)
        aws.pending.iter_stale.return_value = iter([SUBJECT])
        worker = _make_worker(aws, ScriptedJob([outcome]))
        worker.handle("the message", MESSAGE.to_json())
        worker.handle("the message", MESSAGE.to_json().replace(DELETE_ACCOUNT, "kay@example.org"))
        worker.sweep("the sweep")
        assert stream.getvalue().count("sweep") > 0
        assert not any(text in stream.getvalue() for text in (SUBJECT, "kay@example.org"))

    def test_unreadable_message_has_a_line_without_frames(self, aws: Any, lines: Lines) -> None:
        _make_worker(aws, ScriptedJob([DONE])).handle("the message", "{}")
        cause, line = lines()
        assert (cause["level"], cause["message"]) == ("ERROR", "message cannot be read: missing")
        assert "exception" not in cause
        assert line.items() >= {"job": "unknown", "outcome": "failed", "JobFailures": 1}.items()
        assert "member" not in line

    def test_nothing_is_written_without_installed_logging(self, aws: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        _make_worker(aws, ScriptedJob([DONE])).handle("the message", MESSAGE.to_json())
        assert not caplog.records
