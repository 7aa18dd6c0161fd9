"""From an exception to the answer: one table, and the handlers that look into it (RFC 9457).

Problem bodies say what the member did and can do. They never say what Cognito, DynamoDB or Python said.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from app import errors
from app.aws.clients import meaning
from app.json_depth import nested_deeply
from app.observability import request_context
from app.observability.json_logging import frames

logger = logging.getLogger("app.problems")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem type: the end of its URN, its status, and its title, which are the same every time."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The problem type's URN."""
        return f"urn:dwipper:problem:{self.slug}"


KINDS: Mapping[type[errors.DwipperError], Kind] = {
    errors.UnauthenticatedError: Kind("unauthenticated", 401, "Not logged in"),
    errors.InvalidCredentialsError: Kind("invalid-credentials", 401, "Wrong email or password"),
    errors.InvalidRefreshTokenError: Kind("invalid-refresh-token", 401, "Session over"),
    errors.InvalidGrantError: Kind("invalid-token-request", 400, "Token request refused"),
    errors.AccountNotConfirmedError: Kind("account-not-confirmed", 403, "Account not confirmed"),
    errors.PasswordResetRequiredError: Kind("password-reset-required", 403, "Password reset required"),
    errors.WrongPasswordError: Kind("wrong-password", 403, "Wrong password"),
    errors.WeakPasswordError: Kind("weak-password", 422, "Password refused"),
    errors.InvalidEmailError: Kind("invalid-request", 422, "Request not valid"),
    errors.InvalidCodeError: Kind("invalid-or-expired-code", 400, "Code refused"),
    errors.HandleTakenError: Kind("handle-taken", 409, "Handle taken"),
    errors.MemberNotFoundError: Kind("member-not-found", 404, "No such member"),
    errors.DwippNotFoundError: Kind("dwipp-not-found", 404, "No such Dwipp"),
    errors.NotTheAuthorError: Kind("not-the-author", 403, "Not the author"),
    errors.EditConflictError: Kind("edit-conflict", 409, "Edited meanwhile"),
    errors.IdempotencyKeyReusedError: Kind("idempotency-key-reused", 422, "Key used for another text"),
    errors.LoginAgainError: Kind("login-again", 403, "Login too long ago"),
    errors.InvalidCursorError: Kind("invalid-cursor", 400, "Cursor refused"),
    errors.TooManyRequestsError: Kind("too-many-requests", 429, "Too many requests"),
    errors.UnavailableError: Kind("unavailable", 503, "Unavailable for a moment"),
}

INVALID = KINDS[errors.InvalidEmailError]
MALFORMED = Kind("malformed-request", 400, "Request not readable")
NOT_FOUND = Kind("not-found", 404, "Nothing here")
NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed")
TOO_LARGE = Kind("body-too-large", 413, "Body too large")
WRONG_MEDIA_TYPE = Kind("unsupported-media-type", 415, "Media type not supported")
INTERNAL = Kind("internal-error", 500, "Our mistake")
ALL = (*KINDS.values(), MALFORMED, NOT_FOUND, NOT_ALLOWED, TOO_LARGE, WRONG_MEDIA_TYPE, INTERNAL)

_OF_FRAMEWORK = {kind.status: kind for kind in (MALFORMED, NOT_FOUND, NOT_ALLOWED, TOO_LARGE)}
# What is said where nobody says more.
DETAILS: Mapping[Kind, str] = {
    INVALID: "The request is not valid; `errors` says where and why.",
    MALFORMED: "The body cannot be read: it has to be JSON, and not nested deeply.",
    NOT_FOUND: "There is nothing at this path: see /openapi.json for those that there are.",
    NOT_ALLOWED: "This path does not take that method; the Allow header lists those it takes.",
    TOO_LARGE: "A body has 65,536 bytes at most.",
    WRONG_MEDIA_TYPE: "Send the body as application/json, and say so in Content-Type.",
    INTERNAL: "Something went wrong on our side; the request_id tells us what.",
}
# What pydantic would say in words of its own trade.
_FLAWS = {
    "extra_forbidden": "There is no such field.",
    "missing": "This is missing.",
    "model_attributes_type": "The body has to be a JSON object.",
    "string_unicode": "There is half a character in it, a lone surrogate.",
}


class Flaw(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(
        description="Where: a JSON pointer into the body, or `query/` or `header/` and a name.",
        examples=["/text"],
    )
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Which problem it is.")
    title: str = Field(description="The same in words.")
    status: int
    detail: str = Field(description="What it is about this time, and what to do; for people.")
    request_id: str = Field(description="The id of the request, as in `X-Request-Id`.")


class InvalidRequest(Problem):
    """What went wrong with a request that is not valid."""

    errors: list[Flaw] = Field([], description="What is wrong with the request, and where.")


class InvalidTokenRequest(Problem):
    """What went wrong with the token request of an OAuth2 client."""

    error: Literal["invalid_request", "invalid_grant", "unsupported_grant_type"] = Field(
        description="The code of RFC 6749, 5.2."
    )


# Of all kinds but these there is nothing more to say than of any problem.
MODELS: Mapping[Kind, type[Problem]] = {
    INVALID: InvalidRequest,
    KINDS[errors.WeakPasswordError]: InvalidRequest,
    KINDS[errors.InvalidGrantError]: InvalidTokenRequest,
}


def body(kind: Kind, request_id: str, detail: str | None = None, **extra: Any) -> dict[str, Any]:
    """The members of a problem."""
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or DETAILS[kind],
        "request_id": request_id,
        **extra,
    }


def problem(request: Request, kind: Kind, detail: str | None = None, **extra: Any) -> Response:
    """The answer that says what went wrong."""
    request_context.current().problem = kind.slug
    content = body(kind, request.scope["state"]["request_id"], detail, **extra)
    return JSONResponse(content, kind.status, _headers(kind.status), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every exception that leaves a route answered by this module."""
    app.add_exception_handler(errors.DwipperError, _dwipper_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)


def unexpected(request: Request, error: Exception) -> Response:
    """The answer to an exception that nothing else knows: from a service behind this one, or a mistake of ours."""
    known = meaning(error)
    if known is not None:
        return _of(request, known)
    logger.error("request %s failed: %s", request.scope["state"]["request_id"], frames(error))
    return problem(request, INTERNAL)


def _of(request: Request, error: errors.DwipperError) -> Response:
    if isinstance(error, errors.InvalidGrantError):
        return problem(request, KINDS[type(error)], str(error), error=error.error)
    return problem(request, KINDS[type(error)], str(error))


async def _dwipper_error(request: Request, error: Any) -> Response:
    return _of(request, error)


async def _validation_error(request: Request, error: Any) -> Response:
    flaws = error.errors()
    if isinstance(error.body, bytes):  # FastAPI parses no body that is not said to be JSON.
        return problem(request, WRONG_MEDIA_TYPE)
    # No model of ours is nested, so whatever is nested deeply comes along here.
    if any(flaw["type"] == "json_invalid" for flaw in flaws) or nested_deeply(error.body):
        return problem(request, MALFORMED)
    weak = any(flaw["type"] == "weak_password" for flaw in flaws)
    kind = KINDS[errors.WeakPasswordError] if weak else INVALID
    detail = errors.WeakPasswordError.summary() if weak else None
    return problem(request, kind, detail, errors=list(_flaws(flaws)))


async def _http_exception(request: Request, error: Any) -> Response:
    answer = problem(request, _OF_FRAMEWORK.get(error.status_code, INTERNAL))
    if error.status_code == NOT_ALLOWED.status:
        answer.headers["Allow"] = ", ".join(_methods(request))
    return answer


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (429, 503):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


def _flaws(flaws: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, str]]:
    for flaw in flaws:
        source, *path = flaw["loc"]
        pointer = "".join(f"/{_escaped(part)}" for part in path)
        detail = _FLAWS.get(flaw["type"], flaw["msg"])
        yield {"pointer": pointer if source == "body" else f"{source}{pointer}", "detail": detail}


def _escaped(part: str | int) -> str:
    """A reference token of RFC 6901; a lone surrogate, which UTF-8 cannot say, is spelled out."""
    text = str(part).replace("~", "~0").replace("/", "~1")
    return text.encode("utf-8", "backslashreplace").decode()


def _methods(request: Request) -> list[str]:
    """All methods of the resource at the request's path, which may be spread over several routes."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path and compile_path(route.path)[0].match(path):
            methods |= route.methods or set()
    return sorted(methods)
