"""JSON logging writes one line for each record, without the messages of exceptions."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.aws.concurrency import gather
from app.errors import MisconfiguredError
from app.main import create_app
from app.observability import json_logging, log_handlers, request_context

SECRET = "a rubber duck knows"
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "client",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
    "SAFETY_TABLE": "safety",
    "JOB_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
}

Lines = Callable[[], list[dict[str, Any]]]

logger = logging.getLogger("app.test")


def restore_loggers_on_undo(patch: pytest.MonkeyPatch) -> None:
    """Let the patch restore the loggers when it is undone, and set the level of `app` to INFO."""
    for name in ("app", "mangum", "uvicorn", "uvicorn.access", "uvicorn.error"):
        named_logger = logging.getLogger(name)
        patch.setattr(named_logger, "handlers", named_logger.handlers)
        patch.setattr(named_logger, "filters", list(named_logger.filters))
        patch.setattr(named_logger, "propagate", named_logger.propagate)
    logging.getLogger("app").setLevel(logging.INFO)


def capture_log(patch: pytest.MonkeyPatch) -> Lines:
    """Install JSON logging until the patch is undone. Return a function that returns the lines so far."""
    restore_loggers_on_undo(patch)
    stream = io.StringIO()
    json_logging.install("test", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


class TestFormat:
    def test_record_is_one_line(self, lines: Lines) -> None:
        logger.warning("%s is late\nby %d", "kay", 2)
        (line,) = lines()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
        assert line == {"level": "WARNING", "logger": "app.test", "message": "kay is late\nby 2"}

    def test_time_is_in_utc(self) -> None:
        record = logging.makeLogRecord({"msg": "x", "created": 1700000000.1239})
        assert json.loads(json_logging.JsonFormatter("test").format(record))["time"] == "2023-11-14T22:13:20.123Z"

    def test_line_has_the_request_id(self, lines: Lines) -> None:
        logger.info("before")
        with request_context.bind("one"):
            logger.info("within")
            gather([lambda: logger.info("concurrent")] * 2)
        logger.info("after")
        logged = [(line["message"], line.get("request_id")) for line in lines()]
        assert logged == [
            ("before", None),
            ("within", "one"),
            ("concurrent", "one"),
            ("concurrent", "one"),
            ("after", None),
        ]

    def test_exception_has_frames_and_no_message(self, lines: Lines) -> None:
        def fail() -> None:
            raise KeyError(SECRET)

        try:
            fail()
        except KeyError:
            logger.exception("it failed")
        (line,) = lines()
        assert line["exception"].startswith("KeyError\n")
        assert "in fail\n" in line["exception"]
        assert SECRET not in line["exception"].replace("raise KeyError(SECRET)", "")

    def test_missing_exception_is_left_out(self, lines: Lines) -> None:
        logger.error("it failed", exc_info=True)  # noqa: LOG014 -- the case under test
        assert "exception" not in lines()[0]

    def test_fields_are_in_the_line(self, lines: Lines) -> None:
        logger.info("x", extra={"fields": {"status": 204}})
        assert lines()[0]["status"] == 204


class Unprintable:
    def __str__(self) -> str:
        raise ValueError(SECRET)

    __repr__ = __str__


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


class TestInvalidValues:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param(Unprintable(), "Unprintable", id="unprintable object"),
            pytest.param(b"\xff", "bytes", id="bytes"),
            pytest.param({SECRET}, "set", id="set"),
            pytest.param(float("nan"), "float", id="NaN"),
            pytest.param(float("inf"), "float", id="infinity"),
            pytest.param({(1, 2): 3}, "dict", id="tuple as key"),
            pytest.param(CIRCULAR, "list", id="circular list"),
        ],
    )
    def test_value_that_json_cannot_express_becomes_its_type(self, value: Any, expected: str, lines: Lines) -> None:
        logger.info("x", extra={"fields": {"value": value}})
        (line,) = lines()
        assert (line["message"], line["value"]) == ("x", expected)

    @pytest.mark.parametrize(
        "arguments", [("a",), (1, 2), (Unprintable(),)], ids=["string for a number", "too many", "unprintable"]
    )
    def test_wrong_arguments_leave_the_message_unformatted(self, arguments: tuple[Any, ...]) -> None:
        record = logging.makeLogRecord({"msg": "%d", "args": arguments})
        assert json.loads(json_logging.JsonFormatter("test").format(record))["message"] == "%d"

    @pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a\x85b", "\x00", "\ud800", '"}{', "é"], ids=ascii)
    def test_line_is_ascii(self, text: str) -> None:
        line = json_logging.JsonFormatter("test").format(logging.makeLogRecord({"msg": text}))
        assert line.isascii()
        assert len(line.splitlines()) == 1
        assert json.loads(line)["message"] == text


class TestInstall:
    def test_records_are_not_written_twice(self, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lambda's runtime puts a handler on the root logger."""
        stream = io.StringIO()
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
        logger.error("once")
        logging.getLogger("mangum").error("once")
        logging.getLogger("foreign").error("elsewhere")
        assert [line["message"] for line in lines()] == ["once", "once"]
        assert stream.getvalue() == "elsewhere\n"

    def test_second_install_replaces_the_first(self, lines: Lines) -> None:
        json_logging.install("test", io.StringIO())
        logger.error("elsewhere")
        assert lines() == []

    def test_log_level_is_respected(self, lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "app")
        logger.info("below the level")
        logger.warning("at the level")
        assert [line["message"] for line in lines()] == ["at the level"]

    def test_mangum_and_uvicorn_log_no_exception_messages(self, lines: Lines) -> None:
        for name in ("mangum.http", "uvicorn.error"):
            logging.getLogger(name).error("An error occurred.", exc_info=KeyError(name.upper()))
        assert [line["logger"] for line in lines()] == ["mangum.http", "uvicorn.error"]
        assert all(line["exception"] == "KeyError" for line in lines())
        assert not any(word in str(lines()) for word in ("MANGUM", "UVICORN"))

    def test_access_logs_by_mangum_and_uvicorn_are_off(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Not in a fixture: before a test, pytest adds its handlers to all loggers that do not propagate.
        lines = capture_log(monkeypatch)
        logging.getLogger("mangum.http").info("GET /v1/users/kay 200")
        logging.getLogger("uvicorn.access").warning("GET /v1/users/kay 200")
        assert lines() == []
        assert not caplog.records
        # uvicorn writes an access log only if the logger has handlers.
        assert not logging.getLogger("uvicorn.access").hasHandlers()

    def test_json_logging_is_off_by_default(self) -> None:
        assert not log_handlers.is_installed()


def _start_app(environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    """Start and stop the app as uvicorn does."""
    restore_loggers_on_undo(patch)
    for name, value in {**ENVIRONMENT, **environment}.items():
        patch.setenv(name, value)

    async def start() -> None:
        app = create_app()
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(start())


class TestUnderUvicorn:
    def test_log_format_json_installs_json_logging(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _start_app({"LOG_FORMAT": "json", "STAGE": "prod"}, monkeypatch)
        assert log_handlers.is_installed()
        logger.info("x", extra={"metrics": {"Requests": 1}})
        captured = capsys.readouterr()
        assert json.loads(captured.err)["Stage"] == "prod"
        assert captured.out == ""

    @pytest.mark.parametrize("environment", [{}, {"LOG_FORMAT": ""}, {"LOG_FORMAT": "text"}], ids=str)
    def test_text_logging_is_the_default(
        self, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("LOG_FORMAT", raising=False)
        _start_app(environment, monkeypatch)
        assert log_handlers.is_installed()
        logger.info("x", extra={"metrics": {"Requests": 1}})
        assert capsys.readouterr().err == "INFO:     x\n"

    def test_unknown_log_format_is_misconfigured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(MisconfiguredError, match="LOG_FORMAT"):
            _start_app({"LOG_FORMAT": "xml"}, monkeypatch)
