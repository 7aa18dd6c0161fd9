"""Each message of a background job has one log line with its outcome and its metrics, and no id of a member."""

import io
import json
import logging
import time

import pytest

from app import __version__
from app.observability import json_logging, metrics, request_context, text_logging
from app.observability.job_log import log_job
from app.observability.log_lines import hash_id
from tests.unit.observability.test_json_logging import Lines, capture_log, restore_loggers_on_undo
from tests.unit.observability.test_metrics import assert_valid_emf

SUBJECT = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
JOB_METRICS = {"Jobs": "Count", "JobFailures": "Count", "JobsRevived": "Count", "CognitoErrors": "Count"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


def test_line_has_the_facts_of_the_job(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE_ID};Sampled=1")
    with log_job("the message") as entry:
        entry.job, entry.number, entry.subject, entry.outcome = "delete-account", 3, SUBJECT, "continued"
        time.sleep(0.01)
    (line,) = lines()
    assert 10 <= line["duration_ms"] < 1000
    expected = {
        "level": "INFO",
        "logger": "app.jobs",
        "message": "job",
        "request_id": "the message",
        "trace_id": TRACE_ID,
        "job": "delete-account",
        "number": 3,
        "outcome": "continued",
        "member": hash_id(SUBJECT),
        "version": __version__,
        "Jobs": 1,
        "JobFailures": 0,
        "JobsRevived": 0,
        "CognitoErrors": 0,
    }
    assert line.items() >= expected.items()
    assert line.keys() == expected.keys() | {"time", "duration_ms", "Stage", "_aws"}
    assert SUBJECT not in str(line)


def test_line_has_the_name_of_a_list(lines: Lines) -> None:
    with log_job("the message") as entry:
        entry.job, entry.number, entry.subject, entry.outcome = "renew-ranking", 0, "day", "done"
    (line,) = lines()
    assert line["list"] == "day"
    assert "member" not in line


def test_line_is_an_emf_document(lines: Lines) -> None:
    with log_job("the message") as entry:
        entry.outcome, entry.business_metric = "done", "AccountsDeleted"
    assert assert_valid_emf(lines()[0]) == JOB_METRICS | {"AccountsDeleted": "Count"}


def test_unknown_facts_are_left_out(lines: Lines) -> None:
    with log_job("the message"):
        pass
    (line,) = lines()
    assert (line["job"], line["outcome"], line["JobFailures"]) == ("unknown", "failed", 1)
    assert not {"trace_id", "number", "revived", "member", "AccountsDeleted"} & line.keys()


def test_sweep_counts_the_jobs_that_it_revived(lines: Lines) -> None:
    with log_job("the sweep") as entry:
        entry.job, entry.revived, entry.outcome = "sweep", 2, "done"
    (line,) = lines()
    assert (line["revived"], line["JobsRevived"], line["JobFailures"]) == (2, 2, 0)


def test_line_is_written_if_the_block_raises(lines: Lines) -> None:
    def fail() -> None:
        with log_job("the message") as entry:
            entry.job = "delete-account"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (lines()[0]["job"], lines()[0]["outcome"]) == ("delete-account", "failed")


def test_lines_of_the_block_have_the_id_of_the_message(lines: Lines) -> None:
    with log_job("the message"):
        logging.getLogger("app.test").warning("within")
        assert request_context.current().request_id == "the message"
    assert request_context.current().request_id == ""
    assert [line["request_id"] for line in lines()] == ["the message"] * 2


@pytest.mark.parametrize("level", ["DEBUG", "CRITICAL"])
def test_line_is_written_at_any_level_because_it_carries_the_metrics(level: str, lines: Lines) -> None:
    logging.getLogger("app").setLevel(level)
    with log_job("the message"):
        pass
    assert len(lines()) == 1


@pytest.mark.parametrize(("level", "count"), [("INFO", 1), ("WARNING", 0)])
def test_text_line_depends_on_the_level(level: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    restore_loggers_on_undo(monkeypatch)
    stream = io.StringIO()
    text_logging.install(level, stream)
    with log_job("the message"):
        pass
    assert len(stream.getvalue().splitlines()) == count


def test_process_without_logging_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with log_job("the message"):
        pass
    assert not caplog.records


def test_line_of_a_job_does_not_count_a_request(lines: Lines) -> None:
    with log_job("the message") as entry:
        entry.outcome = "done"
    request_metrics = metrics.request_metrics(200, 1, 0).keys() - {"CognitoErrors"}
    assert not request_metrics & json.loads(json.dumps(lines()[0])).keys()


def test_stage_is_the_dimension(monkeypatch: pytest.MonkeyPatch) -> None:
    restore_loggers_on_undo(monkeypatch)
    stream = io.StringIO()
    json_logging.install("prod", stream)
    with log_job("the message"):
        pass
    assert json.loads(stream.getvalue())["Stage"] == "prod"
