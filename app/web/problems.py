"""Problem types and problem documents (RFC 9457): one table from error to status.

A problem says what the client did and can do. It never repeats a message of Cognito, DynamoDB or Python.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, WithJsonSchema

from app import errors
from app.observability import request_context

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
# A pointer can name a field of the request, in which `~` and `/` are escaped by two characters.
_MAX_POINTER_LENGTH = 2 * 65_536


class ProblemType(NamedTuple):
    """A problem type: the last part of its URN, its status, and its title."""

    slug: str
    status: int
    title: str

    @property
    def urn(self) -> str:
        """Return the value of the member `type`."""
        return f"urn:dwipper:problem:{self.slug}"


PROBLEM_TYPES: Mapping[type[errors.DwipperError], ProblemType] = {
    errors.UnauthenticatedError: ProblemType("unauthenticated", 401, "Unauthenticated"),
    errors.InvalidCredentialsError: ProblemType("invalid-credentials", 401, "Invalid credentials"),
    errors.InvalidRefreshTokenError: ProblemType("invalid-refresh-token", 401, "Invalid refresh token"),
    errors.InvalidGrantError: ProblemType("invalid-token-request", 400, "Invalid token request"),
    errors.AccountNotConfirmedError: ProblemType("account-not-confirmed", 403, "Account not confirmed"),
    errors.PasswordResetRequiredError: ProblemType("password-reset-required", 403, "Password reset required"),
    errors.WrongPasswordError: ProblemType("wrong-password", 403, "Wrong password"),
    errors.WeakPasswordError: ProblemType("weak-password", 422, "Weak password"),
    errors.InvalidEmailError: ProblemType("invalid-request", 422, "Invalid request"),
    errors.InvalidCodeError: ProblemType("invalid-or-expired-code", 400, "Invalid or expired code"),
    errors.HandleTakenError: ProblemType("handle-taken", 409, "Handle taken"),
    errors.MemberNotFoundError: ProblemType("member-not-found", 404, "Member not found"),
    errors.OwnProfileError: ProblemType("own-profile", 422, "Own profile"),
    errors.TooManyBlocksError: ProblemType("too-many-blocks", 422, "Too many blocks"),
    errors.DwippNotFoundError: ProblemType("dwipp-not-found", 404, "Dwipp not found"),
    errors.NotTheAuthorError: ProblemType("not-the-author", 403, "Not the author"),
    errors.OwnDwippError: ProblemType("own-dwipp", 403, "Own Dwipp"),
    errors.RemovedError: ProblemType("removed", 403, "Dwipp removed"),
    errors.EditConflictError: ProblemType("edit-conflict", 409, "Edit conflict"),
    errors.DecisionConflictError: ProblemType("decision-conflict", 409, "Decision conflict"),
    errors.ProtectedMemberError: ProblemType("protected-member", 403, "Protected member"),
    errors.IdempotencyKeyReusedError: ProblemType("idempotency-key-reused", 422, "Idempotency key reused"),
    errors.LoginAgainError: ProblemType("login-again", 403, "Recent login required"),
    errors.ModeratorsOnlyError: ProblemType("moderators-only", 403, "Moderators only"),
    errors.SuspendedError: ProblemType("suspended", 403, "Suspended"),
    errors.InvalidCursorError: ProblemType("invalid-cursor", 400, "Invalid cursor"),
    errors.TooManyRequestsError: ProblemType("too-many-requests", 429, "Too many requests"),
    errors.RateLimitedError: ProblemType("rate-limited", 429, "Rate limit reached"),
    errors.UnavailableError: ProblemType("unavailable", 503, "Service unavailable"),
}

INVALID_REQUEST = PROBLEM_TYPES[errors.InvalidEmailError]
MALFORMED_REQUEST = ProblemType("malformed-request", 400, "Malformed request")
NOT_FOUND = ProblemType("not-found", 404, "Not found")
# Only API Gateway refuses a request in this way. No operation has a general 403.
ACCESS_DENIED = ProblemType("access-denied", 403, "Access denied")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "Method not allowed")
BODY_TOO_LARGE = ProblemType("body-too-large", 413, "Body too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType("unsupported-media-type", 415, "Unsupported media type")
INTERNAL_ERROR = ProblemType("internal-error", 500, "Internal server error")
# The problems that the framework or the gateway finds.
FRAMEWORK_PROBLEMS = (
    MALFORMED_REQUEST,
    ACCESS_DENIED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
)
ALL_PROBLEM_TYPES = (*PROBLEM_TYPES.values(), *FRAMEWORK_PROBLEMS, INTERNAL_ERROR)

# The detail of a problem that no error of the domain describes.
DEFAULT_DETAILS: Mapping[ProblemType, str] = {
    INVALID_REQUEST: "The request is invalid. `errors` lists each cause and its place.",
    MALFORMED_REQUEST: "The body cannot be read. It must be JSON with at most 32 levels.",
    ACCESS_DENIED: "The token does not permit this request.",
    NOT_FOUND: "Nothing exists at this path. The OpenAPI document, `openapi.json`, lists all paths.",
    METHOD_NOT_ALLOWED: "This path does not support the method. The Allow header lists the supported ones.",
    BODY_TOO_LARGE: "A request body has at most 65,536 bytes.",
    UNSUPPORTED_MEDIA_TYPE: "Send the body uncompressed as application/json, and name that type in Content-Type.",
    INTERNAL_ERROR: "The server failed. Report the `request_id` to the operator of this API.",
}


def _bounded(max_length: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "maxLength": max_length})


class Flaw(BaseModel):
    """One cause of an invalid request."""

    pointer: Annotated[str, _bounded(_MAX_POINTER_LENGTH)] = Field(
        description="A JSON pointer into the body, or `query/` or `header/` and the name of a parameter.",
        examples=["/text"],
    )
    detail: Annotated[str, _bounded(500)]


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: Annotated[str, _bounded(100)] = Field(description="The problem type.")
    title: Annotated[str, _bounded(100)] = Field(description="The problem type in words.")
    status: int
    detail: Annotated[str, _bounded(1000)] = Field(description="The cause of this occurrence and a remedy, for people.")
    request_id: Annotated[str, _bounded(128)] = Field(description="The id of the request, as in `X-Request-Id`.")


class InvalidRequestProblem(Problem):
    """The problem of an invalid request."""

    errors: list[Flaw] = Field([], description="Each cause, and its place in the request.")


class InvalidTokenRequestProblem(Problem):
    """The problem of an invalid OAuth2 token request."""

    error: Literal["invalid_request", "invalid_grant", "unsupported_grant_type"] = Field(
        description="The error code of RFC 6749, section 5.2."
    )


class SuspendedProblem(Problem):
    """The problem of a suspended member."""

    until: Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})] | None = Field(
        description="The end of the suspension. Null if it has no end."
    )
    reason: Annotated[str, _bounded(100)] = Field(description="The reason of the suspension.")


# The models of problem types with additional members.
PROBLEM_MODELS: Mapping[ProblemType, type[Problem]] = {
    INVALID_REQUEST: InvalidRequestProblem,
    PROBLEM_TYPES[errors.WeakPasswordError]: InvalidRequestProblem,
    PROBLEM_TYPES[errors.InvalidGrantError]: InvalidTokenRequestProblem,
    PROBLEM_TYPES[errors.SuspendedError]: SuspendedProblem,
}


def problem_document(
    problem_type: ProblemType, request_id: str, detail: str | None = None, **extra: Any
) -> dict[str, Any]:
    """Return the members of a problem document."""
    return {
        "type": problem_type.urn,
        "title": problem_type.title,
        "status": problem_type.status,
        "detail": detail or DEFAULT_DETAILS[problem_type],
        "request_id": request_id,
        **extra,
    }


def problem_response(request: Request, problem_type: ProblemType, detail: str | None = None, **extra: Any) -> Response:
    """Return the response with a problem document, and record the problem for the log."""
    request_context.current().problem = problem_type.slug
    content = problem_document(problem_type, request.scope["state"]["request_id"], detail, **extra)
    return JSONResponse(content, problem_type.status, _headers(problem_type.status), MEDIA_TYPE)


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (429, 503):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}
