"""JSON logging: one line for each log record. Independent of HTTP.

The Lambda function always logs this way, uvicorn does with `LOG_FORMAT=json`. Without `install`, no request gets a log
line.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from app.observability import request_context
from app.observability.metrics import emf_document

_app_logger = logging.getLogger("app")

# Mangum and uvicorn log exceptions that leave the app, with their messages. This module writes those without messages.
# Other libraries keep the handlers of the root logger.
_CAPTURED_LOGGERS = ("app", "mangum", "uvicorn")


def install(stage: str, stream: TextIO | None = None) -> None:
    """Write the log as JSON from now on.

    Args:
        stage: the dimension of all metrics.
        stream: the destination, standard error by default.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(stage))
    for name in _CAPTURED_LOGGERS:
        _replace_handlers(logging.getLogger(name), handler)
    # The access logs of uvicorn and Mangum would print each path with its query.
    _replace_handlers(logging.getLogger("uvicorn.access"))
    logging.getLogger("mangum").setLevel(logging.WARNING)


def is_installed() -> bool:
    """Return True if `install` was called, so that each request gets a log line."""
    return any(isinstance(handler.formatter, JsonFormatter) for handler in _app_logger.handlers)


def format_frames(error: BaseException) -> str:
    """Return the name and the stack frames of an exception, without its message.

    The messages of botocore and pydantic repeat their input, passwords included.
    """
    return "\n".join([type(error).__qualname__, *traceback.format_tb(error.__traceback__)])


class JsonFormatter(logging.Formatter):
    """The formatter of records as lines of JSON. A record with `metrics` becomes an EMF document.

    Args:
        stage: the dimension of all metrics.
    """

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._stage = stage

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its line end."""
        line = {
            "time": _rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := request_context.current().request_id:
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[1]:
            line["exception"] = format_frames(record.exc_info[1])
        line |= getattr(record, "fields", {})
        if metrics := getattr(record, "metrics", None):
            line |= emf_document(metrics, self._stage, record.created)
        return _encode(line)


def _replace_handlers(logger: logging.Logger, *handlers: logging.Handler) -> None:
    """Give a logger these handlers only.

    Lambda's runtime puts a handler of its own on the root logger, which would print every record a second time.
    """
    logger.handlers = list(handlers)
    logger.propagate = False


def _rfc3339(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- the arguments do not fit the format, and logging would print all of them
        return str(record.msg)


def _type_name(value: object) -> str:
    """Stand in for a value that JSON cannot express. Its text may hold personal data."""
    return type(value).__name__


_to_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_type_name).encode


def _encode(line: dict[str, Any]) -> str:
    try:
        return _to_json(line)
    except (TypeError, ValueError, RecursionError):  # A key that is not a string, NaN, or a circular reference.
        safe = {name: value if isinstance(value, str) else _type_name(value) for name, value in line.items()}
        return _to_json(safe)
