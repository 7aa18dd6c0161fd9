"""Exception handlers: every exception that leaves a route becomes a problem document."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app import errors
from app.aws.errors import describe_cause, format_cause, to_domain_error
from app.json_depth import exceeds_max_depth
from app.observability.log_handlers import format_frames
from app.web.problems import (
    FRAMEWORK_PROBLEMS,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    PROBLEM_TYPES,
    UNSUPPORTED_MEDIA_TYPE,
    problem_response,
)
from app.web.routing import allowed_methods

# The name is part of the log format, so it does not follow the module's.
logger = logging.getLogger("app.problems")

_FRAMEWORK_PROBLEMS = {each.status: each for each in FRAMEWORK_PROBLEMS}
# Replacements for messages that pydantic writes for Python developers.
_FLAW_DETAILS = {
    "extra_forbidden": "This field is not allowed.",
    "missing": "This field is required.",
    "model_attributes_type": "The body must be a JSON object.",
    "string_unicode": "The text contains a lone surrogate.",
}


def register_exception_handlers(app: FastAPI) -> None:
    """Register the handlers of this module with an app."""
    app.add_exception_handler(errors.DwipperError, _handle_domain_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)


def handle_unexpected(request: Request, error: Exception) -> Response:
    """Return the response to an exception without a handler. Its cause is an AWS service or a fault of this code."""
    domain_error = to_domain_error(error)
    if domain_error is not None:
        _log_cause(request, error)
        return _domain_error_response(request, domain_error)
    cause = describe_cause(error)
    request_id = request.scope["state"]["request_id"]
    message = "request %s failed: %s"
    logger.error(message, request_id, f"{format_cause(cause)} {format_frames(error)}".lstrip(), extra={"fields": cause})
    return problem_response(request, INTERNAL_ERROR)


async def _handle_domain_error(request: Request, error: Any) -> Response:
    if isinstance(error, errors.TooManyRequestsError | errors.UnavailableError):
        _log_cause(request, error)
    return _domain_error_response(request, error)


def _log_cause(request: Request, error: Exception) -> None:
    """Log the error of AWS that causes a 429 or a 503. Without one, log the place in the code."""
    cause = describe_cause(error)
    request_id = request.scope["state"]["request_id"]
    text = format_cause(cause) or format_frames(error)
    logger.warning("request %s was refused: %s", request_id, text, extra={"fields": cause})


async def _handle_validation_error(request: Request, error: Any) -> Response:
    flaws = error.errors()
    if isinstance(error.body, bytes):  # FastAPI leaves a body unparsed if Content-Type does not name JSON.
        return problem_response(request, UNSUPPORTED_MEDIA_TYPE)
    # No model is nested, so each deeply nested body fails the validation and arrives here.
    if any(flaw["type"] == "json_invalid" for flaw in flaws) or exceeds_max_depth(error.body):
        return problem_response(request, MALFORMED_REQUEST)
    flaw_list = list(_validation_flaws(flaws))
    if any(flaw["type"] == "weak_password" for flaw in flaws):
        weak = errors.WeakPasswordError
        return problem_response(request, PROBLEM_TYPES[weak], weak.detail, errors=flaw_list)
    return problem_response(request, INVALID_REQUEST, errors=flaw_list)


async def _handle_http_exception(request: Request, error: Any) -> Response:
    response = problem_response(request, _FRAMEWORK_PROBLEMS.get(error.status_code, INTERNAL_ERROR))
    response.headers.update(error.headers or {})
    if error.status_code == METHOD_NOT_ALLOWED.status:
        response.headers["Allow"] = ", ".join(allowed_methods(request))
    return response


def _domain_error_response(request: Request, error: errors.DwipperError) -> Response:
    problem_type = PROBLEM_TYPES[type(error)]
    if isinstance(error, errors.InvalidGrantError):
        return problem_response(request, problem_type, str(error), error=error.error)
    if isinstance(error, errors.SuspendedError):
        return problem_response(request, problem_type, str(error), until=error.until, reason=error.reason)
    if isinstance(error, errors.RateLimitedError):
        response = problem_response(request, problem_type, str(error))
        response.headers.update({**error.fields, "Retry-After": str(error.retry_after_seconds)})
        return response
    return problem_response(request, problem_type, str(error))


def _validation_flaws(flaws: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for flaw in flaws:
        source, *path = flaw["loc"]
        pointer = "".join(f"/{_reference_token(part)}" for part in path)
        detail = _FLAW_DETAILS.get(flaw["type"], flaw["msg"])
        yield {"pointer": pointer if source == "body" else f"{source}{pointer}", "detail": detail}


def _reference_token(part: str | int) -> str:
    """Escape a reference token (RFC 6901, section 3). UTF-8 cannot express a lone surrogate, so it is spelled out."""
    text = str(part).replace("~", "~0").replace("/", "~1")
    return text.encode("utf-8", "backslashreplace").decode()
