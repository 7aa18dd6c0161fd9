"""Problem responses that routes declare."""

from collections.abc import Iterable
from typing import Any

from app import errors
from app.web import problems
from app.web.problems import PROBLEM_TYPES, ProblemType

Responses = dict[int | str, dict[str, Any]]
Declared = type[errors.DwipperError] | ProblemType

# The problems of an operation by its property: it takes a body, calls Cognito, needs a principal, needs a member,
# counts a write, refuses suspended members, or returns a page. The first request of a member reads the user from
# Cognito.
BODY_ERRORS: tuple[Declared, ...] = (
    problems.INVALID_REQUEST,
    problems.MALFORMED_REQUEST,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
)
COGNITO_ERRORS: tuple[Declared, ...] = (
    problems.INTERNAL_ERROR,
    errors.UnavailableError,
    errors.TooManyRequestsError,
)
PRINCIPAL_ERRORS: tuple[Declared, ...] = (
    problems.INTERNAL_ERROR,
    errors.UnavailableError,
    errors.UnauthenticatedError,
)
MEMBER_ERRORS: tuple[Declared, ...] = (*PRINCIPAL_ERRORS, errors.TooManyRequestsError)
LIMITED_MEMBER_ERRORS: tuple[Declared, ...] = (*MEMBER_ERRORS, errors.RateLimitedError)
ACTIVE_MEMBER_ERRORS: tuple[Declared, ...] = (*MEMBER_ERRORS, errors.SuspendedError)
LIMITED_ACTIVE_MEMBER_ERRORS: tuple[Declared, ...] = (*LIMITED_MEMBER_ERRORS, errors.SuspendedError)
MODERATOR_ERRORS: tuple[Declared, ...] = (*ACTIVE_MEMBER_ERRORS, errors.ModeratorsOnlyError)
LIMITED_MODERATOR_ERRORS: tuple[Declared, ...] = (*LIMITED_ACTIVE_MEMBER_ERRORS, errors.ModeratorsOnlyError)
PAGE_ERRORS: tuple[Declared, ...] = (problems.INVALID_REQUEST, errors.InvalidCursorError)


def to_problem_type(declared: Declared) -> ProblemType:
    """Return the problem type of a declared error."""
    return PROBLEM_TYPES[declared] if isinstance(declared, type) else declared


# Marks a declared response until the document is built.
SLUGS_KEY = "x-problems"


def error_responses(*declared: Declared) -> Responses:
    """Return the responses of an operation that can fail with these problems, for FastAPI's `responses`."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem_type in map(to_problem_type, declared):
        by_status.setdefault(problem_type.status, []).append(problem_type)
    return {status: declare_response(problem_types) for status, problem_types in by_status.items()}


def declare_response(problem_types: Iterable[ProblemType]) -> dict[str, Any]:
    """Return a response that can be any of these problems. `problem_components.build_response` completes it."""
    problem_types = list(problem_types)
    description = " · ".join(f"{each.title}: `{each.urn}`" for each in problem_types)
    return {"description": description, SLUGS_KEY: [each.slug for each in problem_types]}
