"""The log is lines of JSON where it is to be, each of which stands for one record, and says no exception's message."""

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
from app.observability import json_logging, request_context

SECRET = "a rubber duck knows"
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "client",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
}

Lines = Callable[[], list[dict[str, Any]]]

logger = logging.getLogger("app.test")


def restored(patch: pytest.MonkeyPatch) -> None:
    """Have the log be afterwards as it is now."""
    for name in ("app", "mangum", "uvicorn", "uvicorn.access"):
        each = logging.getLogger(name)
        patch.setattr(each, "handlers", each.handlers)
        patch.setattr(each, "propagate", each.propagate)
    logging.getLogger("app").setLevel(logging.INFO)


def capture(patch: pytest.MonkeyPatch) -> Lines:
    """Write JSON until the test is over; gives what was written."""
    restored(patch)
    stream = io.StringIO()
    json_logging.install("test", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture(monkeypatch)


class TestLines:
    def test_a_record_is_a_line(self, lines: Lines) -> None:
        logger.warning("%s is late\nby %d", "kay", 2)
        (line,) = lines()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
        assert line == {"level": "WARNING", "logger": "app.test", "message": "kay is late\nby 2"}

    def test_its_time_is_utc(self) -> None:
        record = logging.makeLogRecord({"msg": "x", "created": 1700000000.1239})
        assert json.loads(json_logging.JsonFormatter("test").format(record))["time"] == "2023-11-14T22:13:20.123Z"

    def test_it_says_to_which_request_it_belongs(self, lines: Lines) -> None:
        logger.info("before")
        with request_context.bind("one"):
            logger.info("meanwhile")
            gather([lambda: logger.info("beside")] * 2)
        logger.info("after")
        said = [(line["message"], line.get("request_id")) for line in lines()]
        assert said == [("before", None), ("meanwhile", "one"), ("beside", "one"), ("beside", "one"), ("after", None)]

    def test_an_exception_has_frames_and_no_message(self, lines: Lines) -> None:
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

    def test_no_exception_is_none(self, lines: Lines) -> None:
        logger.error("it failed", exc_info=True)  # noqa: LOG014 -- the point
        assert "exception" not in lines()[0]

    def test_what_a_record_brings_along_is_in_the_line(self, lines: Lines) -> None:
        logger.info("x", extra={"fields": {"status": 204}})
        assert lines()[0]["status"] == 204


class Unsayable:
    def __str__(self) -> str:
        raise ValueError(SECRET)

    __repr__ = __str__


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


class TestWhateverIsInIt:
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            pytest.param(Unsayable(), "Unsayable", id="one that cannot be said"),
            pytest.param(b"\xff", "bytes", id="bytes"),
            pytest.param({SECRET}, "set", id="a set"),
            pytest.param(float("nan"), "float", id="not a number"),
            pytest.param(float("inf"), "float", id="infinity"),
            pytest.param({(1, 2): 3}, "dict", id="a key that is no text"),
            pytest.param(CIRCLE, "list", id="a circle"),
        ],
    )
    def test_a_value_that_json_has_no_word_for_does_not_lose_the_line(
        self, value: Any, said: str, lines: Lines
    ) -> None:
        logger.info("x", extra={"fields": {"value": value}})
        (line,) = lines()
        assert (line["message"], line["value"]) == ("x", said)

    @pytest.mark.parametrize("arguments", [("a",), (1, 2), (Unsayable(),)], ids=["a word", "too many", "unsayable"])
    def test_arguments_that_do_not_fit_do_not_lose_the_line(self, arguments: tuple[Any, ...]) -> None:
        record = logging.makeLogRecord({"msg": "%d", "args": arguments})
        assert json.loads(json_logging.JsonFormatter("test").format(record))["message"] == "%d"

    @pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a\x85b", "\x00", "\ud800", '"}{', "é"], ids=ascii)
    def test_a_text_makes_one_line_of_ascii(self, text: str) -> None:
        line = json_logging.JsonFormatter("test").format(logging.makeLogRecord({"msg": text}))
        assert line.isascii()
        assert len(line.splitlines()) == 1
        assert json.loads(line)["message"] == text


class TestInstalling:
    def test_nothing_is_written_twice(self, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lambda's runtime has a handler at the root."""
        stream = io.StringIO()
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
        logger.error("once")
        logging.getLogger("mangum").error("once")
        logging.getLogger("foreign").error("elsewhere")
        assert [line["message"] for line in lines()] == ["once", "once"]
        assert stream.getvalue() == "elsewhere\n"

    def test_twice_is_once(self, lines: Lines) -> None:
        json_logging.install("test", io.StringIO())
        logger.error("elsewhere")
        assert lines() == []

    def test_the_level_is_the_logs(self, lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "app")
        logger.info("not heard")
        logger.warning("heard")
        assert [line["message"] for line in lines()] == ["heard"]

    def test_what_leaves_the_app_has_no_message_in_others_logs(self, lines: Lines) -> None:
        for name in ("mangum.http", "uvicorn.error"):
            logging.getLogger(name).error("An error occurred.", exc_info=KeyError(name.upper()))
        assert [line["logger"] for line in lines()] == ["mangum.http", "uvicorn.error"]
        assert all(line["exception"] == "KeyError" for line in lines())
        assert not any(word in str(lines()) for word in ("MANGUM", "UVICORN"))

    def test_nobody_else_writes_requests_down(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        lines = capture(monkeypatch)  # Here, since pytest has its own handlers listen to all that is there before.
        logging.getLogger("mangum.http").info("GET /v1/users/kay 200")
        logging.getLogger("uvicorn.access").warning("GET /v1/users/kay 200")
        assert lines() == []
        assert not caplog.records
        assert not logging.getLogger("uvicorn.access").hasHandlers()  # By which uvicorn decides whether it writes one.

    def test_by_itself_nothing_is_installed(self) -> None:
        assert not json_logging.is_installed()


def _start(environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    """Start the app as uvicorn does."""
    restored(patch)
    for name, value in {**ENVIRONMENT, **environment}.items():
        patch.setenv(name, value)

    async def start() -> None:
        app = create_app()
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(start())


class TestUnderUvicorn:
    def test_it_is_json_where_the_environment_says_so(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _start({"LOG_FORMAT": "json", "STAGE": "prod"}, monkeypatch)
        assert json_logging.is_installed()
        logger.info("x", extra={"metrics": {"Requests": 1}})
        written = capsys.readouterr()
        assert json.loads(written.err)["Stage"] == "prod"
        assert written.out == ""

    @pytest.mark.parametrize("environment", [{}, {"LOG_FORMAT": ""}, {"LOG_FORMAT": "text"}], ids=str)
    def test_else_it_is_not(self, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LOG_FORMAT", raising=False)
        _start(environment, monkeypatch)
        assert not json_logging.is_installed()
        assert logging.getLogger("app").propagate

    def test_another_format_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(MisconfiguredError, match="LOG_FORMAT"):
            _start({"LOG_FORMAT": "xml"}, monkeypatch)
