"""Text logging writes one line for each request and for each job, with the facts that a developer needs."""

import io
import logging
from typing import Any

import pytest

from app.observability import request_context, text_logging
from app.observability.text_logging import TextFormatter
from tests.unit.observability.test_json_logging import restore_loggers_on_undo

REQUEST = {"method": "GET", "route": "/v1/me", "status": 200, "duration_ms": 1.5}


def _format(fields: dict[str, Any], **record: Any) -> str:
    return TextFormatter().format(logging.makeLogRecord({"levelname": "INFO", "msg": "x", "fields": fields} | record))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, "INFO:     x", id="message"),
        pytest.param({"aws_error": "InternalError"}, "INFO:     x", id="message with fields"),
        pytest.param(REQUEST, "INFO:     GET /v1/me 200 1.5 ms", id="request"),
        pytest.param(
            {"job": "delete-account", "number": 0, "outcome": "continued", "duration_ms": 12.5, "member": "0a1b"},
            "INFO:     job delete-account 0 continued 12.5 ms",
            id="job",
        ),
        pytest.param(
            {"job": "sweep", "outcome": "done", "revived": 2, "duration_ms": 3.0},
            "INFO:     job sweep done 3.0 ms",
            id="sweep",
        ),
        pytest.param(
            {"job": "unknown", "outcome": "failed", "duration_ms": 0.1},
            "INFO:     job unknown failed 0.1 ms",
            id="unreadable message",
        ),
    ],
)
def test_line_has_the_facts_for_a_developer(fields: dict[str, Any], expected: str) -> None:
    assert _format(fields) == expected


def test_failed_request_has_its_problem_and_its_id() -> None:
    with request_context.bind("the request"):
        line = _format(REQUEST | {"status": 404, "problem": "not-found"})
    assert line == "INFO:     GET /v1/me 404 1.5 ms not-found (request the request)"


def test_exception_has_frames_and_no_message() -> None:
    error = KeyError("a rubber duck knows")
    line = _format({}, exc_info=(KeyError, error, None))
    assert line == "INFO:     x\nKeyError"


@pytest.mark.parametrize(("level", "expected"), [("INFO", "INFO:     a\nERROR:    b\n"), ("ERROR", "ERROR:    b\n")])
def test_lines_below_the_level_are_left_out(level: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    restore_loggers_on_undo(monkeypatch)
    stream = io.StringIO()
    text_logging.install(level, stream)
    logging.getLogger("app.jobs").info("a")
    logging.getLogger("app.jobs").error("b")
    logging.getLogger("another").error("c")
    assert stream.getvalue() == expected
