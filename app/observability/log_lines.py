"""The common parts of the log lines of requests and of jobs."""

import hashlib
import logging
import os
import re
from collections.abc import Mapping

from app import __version__

# https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
_TRACE_ROOT = re.compile(r"(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


def trace_id() -> str | None:
    """Return the X-Ray trace id from the variable that Lambda's runtime sets at every invocation."""
    found = _TRACE_ROOT.search(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return found[1] if found else None


def hash_id(member_id: str | None) -> str | None:
    """Return a pseudonym of a member. It needs no key, because a random UUID cannot be guessed."""
    return hashlib.sha256(member_id.encode()).hexdigest()[:16] if member_id else None


def write_line(
    logger: logging.Logger, message: str, fields: Mapping[str, object], metrics: Mapping[str, float]
) -> None:
    """Write the line of a request or a job. In JSON it is written at any log level, because it carries the metrics.

    Args:
        logger: the logger.
        message: the kind of the line, such as `request` or `job`.
        fields: the facts by name. A fact that is None is left out.
        metrics: the metrics by name.
    """
    known = {"trace_id": trace_id(), **fields, "version": __version__}
    extra = {"fields": {name: value for name, value in known.items() if value is not None}, "metrics": metrics}
    # `handle` skips the check of the logger's level. The handler of text logging has a level of its own.
    logger.handle(logger.makeRecord(logger.name, logging.INFO, __file__, 0, message, (), None, extra=extra))
