"""The log as lines of JSON, one to a record; knows requests by their notes, and no HTTP.

The Lambda function always logs so, uvicorn where `LOG_FORMAT` says it. Elsewhere nothing is installed, and no request
has a line. A record may bring `fields` and `metrics` along (`extra`), which become members of its line.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from app.observability import request_context
from app.observability.metrics import document

_app = logging.getLogger("app")

# Whose records are written here. Mangum and uvicorn log what leaves the app unanswered, and by themselves would log the
# exception's message. What other libraries have to say stays with the root logger's handlers.
_WRITTEN = ("app", "mangum", "uvicorn")


def install(stage: str, stream: TextIO | None = None) -> None:
    """Write the log as JSON from now on, to standard error unless told otherwise.

    Args:
        stage: what metrics are told apart by.
        stream: where to.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(stage))
    for name in _WRITTEN:
        _hand_over(logging.getLogger(name), handler)
    # Both would name the path of every request, with what is in it.
    _hand_over(logging.getLogger("uvicorn.access"))
    logging.getLogger("mangum").setLevel(logging.WARNING)


def installed() -> bool:
    """Whether requests are to be written down."""
    return any(isinstance(handler.formatter, JsonLines) for handler in _app.handlers)


def frames(error: BaseException) -> str:
    """The exception's name and where it came from, for a log.

    Not its message: those of botocore and pydantic repeat what they were given, passwords included.
    """
    return "\n".join([type(error).__qualname__, *traceback.format_tb(error.__traceback__)])


class JsonLines(logging.Formatter):
    """Makes a line of JSON of a record, whatever is in it; one with metrics is a document of CloudWatch's EMF."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._stage = stage

    def format(self, record: logging.LogRecord) -> str:
        """The line, less its end."""
        line = {
            "time": _rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := request_context.current().request_id:
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[1]:
            line["exception"] = frames(record.exc_info[1])
        line |= getattr(record, "fields", {})
        if metrics := getattr(record, "metrics", None):
            line |= document(metrics, self._stage, record.created)
        return _as_json(line)


def _hand_over(logger: logging.Logger, *handlers: logging.Handler) -> None:
    """Have these handlers and no others write what a logger hears.

    Lambda's runtime has one on the root logger, which would write all of it again, in words of its own.
    """
    logger.handlers = list(handlers)
    logger.propagate = False


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- arguments that do not fit, of which logging would print all
        return str(record.msg)


def _type_name(value: object) -> str:
    """What stands in a line for a value that JSON cannot say; not its text, which may be anybody's."""
    return type(value).__name__


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_type_name).encode


def _as_json(line: dict[str, Any]) -> str:
    try:
        return _encode(line)
    except (TypeError, ValueError, RecursionError):  # A key that is no text, a number that is none, a circle.
        return _encode({name: value if isinstance(value, str) else _type_name(value) for name, value in line.items()})
