"""The handlers of the loggers, and the form that all log lines share.

A process installs one formatter: JSON (`json_logging`) or text (`text_logging`). Without one, no request gets a line.
"""

import logging
import re
import traceback
from asyncio import CancelledError
from collections.abc import Iterable
from typing import TextIO

# uvicorn's lines about an upgrade to a WebSocket, and about its handshake.
_WEB_SOCKET = re.compile('Unsupported upgrade request|WebSocket library|"WebSocket')


class LineFormatter(logging.Formatter):
    """The base class of this app's formatters. A record can have `fields`."""

    @staticmethod
    def message(record: logging.LogRecord) -> str:
        """Return the message, or its format if the arguments do not fit. `logging` would print them, secrets too."""
        try:
            return record.getMessage()
        except Exception:  # noqa: BLE001 -- whatever the arguments raise
            return str(record.msg)


def install(
    formatter: LineFormatter, names: Iterable[str], stream: TextIO | None = None, level: int | str = logging.NOTSET
) -> None:
    """Write the records of these loggers in this form from now on.

    Args:
        formatter: the form.
        names: the loggers.
        stream: the destination, standard error by default.
        level: the lowest level that is written.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.setLevel(level)
    for name in names:
        _replace_handlers(logging.getLogger(name), handler)
    # The access logs of uvicorn and Mangum would print each path with its query.
    _replace_handlers(logging.getLogger("uvicorn.access"))
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(_is_relevant)
    logging.getLogger("mangum").setLevel(logging.WARNING)


def is_installed() -> bool:
    """Return True if `install` was called, so that each request gets a log line."""
    return any(isinstance(handler.formatter, LineFormatter) for handler in logging.getLogger("app").handlers)


def format_frames(error: BaseException) -> str:
    """Return the name and the stack frames of an exception, without its message.

    The messages of botocore and pydantic repeat their input, passwords included.
    """
    return "\n".join([type(error).__qualname__, *traceback.format_tb(error.__traceback__)])


def is_protocol_error(error: BaseException | None) -> bool:
    """Return True for an exception of h11, uvicorn's parser: the client sent malformed HTTP."""
    return type(error).__module__.partition(".")[0] == "h11"


def _is_relevant(record: logging.LogRecord) -> bool:
    """Return False for tracebacks of malformed HTTP and of requests that a shutdown cancels. They help no operator.

    Also return False for lines about WebSockets: an upgrade is ignored, and the handshake would print the query.
    """
    error = record.exc_info[1] if record.exc_info else None
    is_expected = is_protocol_error(error) or isinstance(error, CancelledError)
    return not is_expected and not _WEB_SOCKET.search(str(record.msg))


def _replace_handlers(logger: logging.Logger, *handlers: logging.Handler) -> None:
    """Give a logger these handlers only.

    Lambda's runtime puts a handler of its own on the root logger, which would print every record a second time.
    """
    logger.handlers = list(handlers)
    logger.propagate = False
