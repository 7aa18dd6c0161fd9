"""JSON logging: one line for each log record.

The Lambda function always logs this way, uvicorn does with `LOG_FORMAT=json`.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any, TextIO

from app.observability import log_handlers, request_context
from app.observability.log_handlers import LineFormatter, format_frames
from app.observability.metrics import emf_document

# Mangum and uvicorn log exceptions that leave the app, with their messages. This module writes those without messages.
# Other libraries keep the handlers of the root logger.
_CAPTURED_LOGGERS = ("app", "mangum", "uvicorn")


def install(stage: str, stream: TextIO | None = None) -> None:
    """Write the log as JSON from now on.

    Args:
        stage: the dimension of all metrics.
        stream: the destination, standard error by default.
    """
    log_handlers.install(JsonFormatter(stage), _CAPTURED_LOGGERS, stream)


class JsonFormatter(LineFormatter):
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
            "message": self.message(record),
        }
        if request_id := request_context.current().request_id:
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[1]:
            line["exception"] = format_frames(record.exc_info[1])
        line |= getattr(record, "fields", {})
        if metrics := getattr(record, "metrics", None):
            line |= emf_document(metrics, self._stage, record.created)
        return _encode(line)


def _rfc3339(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


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
