"""Problem responses: the errors that routes declare, and their schemas and examples in the OpenAPI document."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from app import errors
from app.openapi import examples
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

# The problems of API Gateway (deploy/responses.js), which any operation can have.
GATEWAY_ERRORS: tuple[Declared, ...] = (
    problems.MALFORMED_REQUEST,
    errors.UnauthenticatedError,
    problems.ACCESS_DENIED,
    problems.NOT_FOUND,
    problems.UNSUPPORTED_MEDIA_TYPE,
    errors.TooManyRequestsError,
    problems.INTERNAL_ERROR,
    errors.UnavailableError,
)

# Marks a declared response until the document is built.
SLUGS_KEY = "x-problems"

_TYPES_BY_SLUG = {each.slug: each for each in problems.ALL_PROBLEM_TYPES}
_COMPONENTS = "#/components/{part}/{name}"


def error_responses(*declared: Declared) -> Responses:
    """Return the responses of an operation that can fail with these problems, for FastAPI's `responses`."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem_type in map(to_problem_type, declared):
        by_status.setdefault(problem_type.status, []).append(problem_type)
    return {status: declare_response(problem_types) for status, problem_types in by_status.items()}


def declare_response(problem_types: Iterable[ProblemType]) -> dict[str, Any]:
    """Return a response that can be any of these problems. `build_response` completes it."""
    problem_types = list(problem_types)
    description = " · ".join(f"{each.title}: `{each.urn}`" for each in problem_types)
    return {"description": description, SLUGS_KEY: [each.slug for each in problem_types]}


def add_gateway_errors(responses: dict[str, Any]) -> None:
    """Add the problems of API Gateway to the responses of an operation, in place.

    Throttling (429) is added to each operation, and other problems to the statuses that the operation declares. The
    response `default` stands for the others.
    """
    for problem_type in map(to_problem_type, GATEWAY_ERRORS):
        status = str(problem_type.status)
        if status in responses or problem_type == PROBLEM_TYPES[errors.TooManyRequestsError]:
            declared = [_TYPES_BY_SLUG[slug] for slug in responses.get(status, {}).get(SLUGS_KEY, ())]
            if problem_type not in declared:
                responses[status] = declare_response([*declared, problem_type])


def declare_default_response() -> dict[str, Any]:
    """Return the response of API Gateway with a status that an operation does not list."""
    response = declare_response(map(to_problem_type, GATEWAY_ERRORS))
    return response | {"description": "A problem of the gateway in front of the API."}


def build_response(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a declared response, except for its headers."""
    slugs = declared[SLUGS_KEY]
    schemas = [_reference("schemas", _schema_name(slug)) for slug in slugs]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    references = {slug: _reference("examples", slug) for slug in slugs}
    content = {problems.MEDIA_TYPE: {"schema": schema, "examples": references}}
    return {"description": declared["description"], "content": content}


def response_name(slugs: Sequence[str], *, is_counted: bool) -> str:
    """Return the name of a response that several operations share.

    Args:
        slugs: its problem types.
        is_counted: whether it can have the headers of a counted request.
    """
    return "-or-".join(slugs) + ("-counted" if is_counted else "")


def problem_schemas(slugs: Iterable[str]) -> dict[str, Any]:
    """Return the schemas of problem types, and of their parts, by name."""
    models: set[type[problems.Problem]] = {problems.Problem, *problems.PROBLEM_MODELS.values()}
    _, generated = models_json_schema([(model, "serialization") for model in models], ref_template=_template("schemas"))
    definitions = generated["$defs"]
    return {"Flaw": definitions["Flaw"]} | {
        _schema_name(slug): _schema(_TYPES_BY_SLUG[slug], definitions) for slug in slugs
    }


def problem_examples(slugs: Iterable[str]) -> dict[str, Any]:
    """Return an example of each problem type, by slug."""
    types = [_TYPES_BY_SLUG[slug] for slug in slugs]
    return {each.slug: {"summary": each.title, "value": problem_example(each)} for each in types}


def problem_example(problem_type: ProblemType) -> dict[str, Any]:
    """Return a problem document as a client receives it."""
    details = {PROBLEM_TYPES[error]: error.detail for error in PROBLEM_TYPES}
    detail = None if problem_type in problems.DEFAULT_DETAILS else details[problem_type]
    return problems.problem_document(problem_type, examples.REQUEST_ID, detail) | _additional_members(problem_type)


def to_problem_type(declared: Declared) -> ProblemType:
    """Return the problem type of a declared error."""
    return PROBLEM_TYPES[declared] if isinstance(declared, type) else declared


def _additional_members(problem_type: ProblemType) -> dict[str, Any]:
    if problem_type == problems.INVALID_REQUEST:
        return {"errors": [{"pointer": "/text", "detail": "This field is required."}]}
    if problem_type == PROBLEM_TYPES[errors.WeakPasswordError]:
        return {"errors": [{"pointer": "/new_password", "detail": errors.WeakPasswordError.detail}]}
    if problem_type == PROBLEM_TYPES[errors.InvalidGrantError]:
        return {"detail": "grant_type is missing.", "error": "invalid_request"}
    if problem_type == PROBLEM_TYPES[errors.SuspendedError]:
        return {"until": examples.SUSPENDED_UNTIL, "reason": examples.SUSPENSION_REASON}
    return {}


def _schema(problem_type: ProblemType, definitions: Mapping[str, Any]) -> dict[str, Any]:
    model = problems.PROBLEM_MODELS.get(problem_type, problems.Problem)
    general: dict[str, Any] = definitions[model.__name__]
    constants = {"type": {"const": problem_type.urn}, "status": {"const": problem_type.status}}
    properties = {name: schema | constants.get(name, {}) for name, schema in general["properties"].items()}
    properties.get("errors", {}).pop("default", None)  # Without flaws the member is absent, not empty.
    return general | {"description": f"{problem_type.title}.", "properties": properties}


def _schema_name(slug: str) -> str:
    return f"{slug.title().replace('-', '')}Problem"


def _reference(part: str, name: str) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(part=part, name=name)}


def _template(part: str) -> str:
    return _COMPONENTS.format(part=part, name="{model}")
