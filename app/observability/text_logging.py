"""Text logging: one line for each log record, for a terminal."""

import logging
from typing import TextIO

from app.observability import log_handlers, request_context
from app.observability.log_handlers import LineFormatter, format_frames

# uvicorn keeps its own handlers, which write the same form.
_CAPTURED_LOGGERS = ("app",)
_LEVEL_WIDTH = 9


def install(level: str, stream: TextIO | None = None) -> None:
    """Write the log as text from now on.

    Args:
        level: the lowest level that is written.
        stream: the destination, standard error by default.
    """
    log_handlers.install(TextFormatter(), _CAPTURED_LOGGERS, stream, level)


class TextFormatter(LineFormatter):
    """The formatter of records as text. The line of a failed request names its problem and its id."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its line end."""
        fields = getattr(record, "fields", {})
        if "route" in fields:
            message = _request_message(fields)
        elif "job" in fields:
            message = _job_message(fields)
        else:
            message = self.message(record)
        if record.exc_info and record.exc_info[1]:
            message += f"\n{format_frames(record.exc_info[1])}"
        return f"{record.levelname + ':':{_LEVEL_WIDTH}} {message}"


def _request_message(fields: dict[str, object]) -> str:
    words = [str(fields["method"]), str(fields["route"]), str(fields["status"]), f"{fields['duration_ms']} ms"]
    if "problem" in fields:
        words.append(f"{fields['problem']} (request {request_context.current().request_id})")
    return " ".join(words)


def _job_message(fields: dict[str, object]) -> str:
    words = [fields[name] for name in ("job", "list", "number", "outcome", "duration_ms") if name in fields]
    return f"job {' '.join(map(str, words))} ms"
