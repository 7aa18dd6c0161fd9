"""Problems in the OpenAPI document: their responses, schemas and examples."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from app import errors
from app.openapi import examples
from app.openapi.problem_responses import SLUGS_KEY, Declared, declare_response, to_problem_type
from app.web import problems
from app.web.problems import PROBLEM_TYPES, ProblemType

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

_TYPES_BY_SLUG = {each.slug: each for each in problems.ALL_PROBLEM_TYPES}
_GATEWAY_SLUGS = tuple(to_problem_type(each).slug for each in GATEWAY_ERRORS)
_COMPONENTS = "#/components/{part}/{name}"


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
    schema = _reference("schemas", _schema_name(slugs))
    references = {slug: _reference("examples", slug) for slug in slugs}
    content = {problems.MEDIA_TYPE: {"schema": schema, "examples": references}}
    return {"description": declared["description"], "content": content}


def response_name(slugs: Sequence[str], *, is_counted: bool) -> str:
    """Return the name of a response that several operations share.

    Args:
        slugs: its problem types.
        is_counted: whether it can have the headers of a counted request.
    """
    return _joined_name(slugs) + ("-counted" if is_counted else "")


def problem_schemas(alternatives: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Return the schemas of problems by name: the base, its parts, each problem type, and unions.

    Args:
        alternatives: the slugs of the problem types that a response can have, for each response.
    """
    models: set[type[problems.Problem]] = {problems.Problem, *problems.PROBLEM_MODELS.values()}
    _, generated = models_json_schema([(model, "serialization") for model in models], ref_template=_template("schemas"))
    definitions = generated["$defs"]
    schemas = {name: definitions[name] for name in ("Flaw", problems.Problem.__name__)}
    for slugs in alternatives:
        schemas |= {_schema_name([slug]): _schema(_TYPES_BY_SLUG[slug], definitions) for slug in slugs}
        if len(slugs) > 1:
            schemas[_schema_name(slugs)] = _union(slugs)
    return schemas


def problem_examples(slugs: Iterable[str]) -> dict[str, Any]:
    """Return an example of each problem type, by slug."""
    types = [_TYPES_BY_SLUG[slug] for slug in slugs]
    return {each.slug: {"summary": each.title, "value": problem_example(each)} for each in types}


def problem_example(problem_type: ProblemType) -> dict[str, Any]:
    """Return a problem document as a client receives it."""
    details = {PROBLEM_TYPES[error]: error.detail for error in PROBLEM_TYPES}
    detail = None if problem_type in problems.DEFAULT_DETAILS else details[problem_type]
    return problems.problem_document(problem_type, examples.REQUEST_ID, detail) | _additional_members(problem_type)


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
    """Return the schema of a problem type: the base, and what is particular."""
    base = definitions[problems.Problem.__name__]
    model = definitions[problems.PROBLEM_MODELS.get(problem_type, problems.Problem).__name__]
    # Generators merge an enum with the type in the base, but no constant.
    constants = {
        "type": {"type": "string", "enum": [problem_type.urn]},
        "status": {"type": "integer", "enum": [problem_type.status]},
    }
    additional = {name: schema for name, schema in model["properties"].items() if name not in base["properties"]}
    required = [*constants, *(name for name in model["required"] if name in additional)]
    # Without flaws the member is absent, not empty.
    additional = {name: {key: schema[key] for key in schema if key != "default"} for name, schema in additional.items()}
    particular = {"type": "object", "properties": constants | additional, "required": required}
    reference = _reference("schemas", problems.Problem.__name__)
    return {"description": f"{problem_type.title}.", "allOf": [reference, particular]}


def _union(slugs: Sequence[str]) -> dict[str, Any]:
    references = [_reference("schemas", _schema_name([slug])) for slug in slugs]
    mapping = {_TYPES_BY_SLUG[slug].urn: each["$ref"] for slug, each in zip(slugs, references, strict=True)}
    return {"oneOf": references, "discriminator": {"propertyName": "type", "mapping": mapping}}


def _schema_name(slugs: Sequence[str]) -> str:
    words = _joined_name(slugs).split("-")
    return "".join(word.capitalize() for word in words) + "Problem"


def _joined_name(slugs: Sequence[str]) -> str:
    """Return the name of problem types that one response can have."""
    return "gateway" if tuple(slugs) == _GATEWAY_SLUGS else "-or-".join(slugs)


def _reference(part: str, name: str) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(part=part, name=name)}


def _template(part: str) -> str:
    return _COMPONENTS.format(part=part, name="{model}")
