"""Breaking and compatible changes of the OpenAPI document, for tests."""

import copy
from collections.abc import Callable
from typing import Any

from testkit.operations import load_document
from tests.contract.document import Spec

Change = Callable[[Spec], object]


def _get_schema(spec: Spec, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = spec["components"]["schemas"][name]
    return schema


def _get_own_properties(spec: Spec, name: str) -> dict[str, Any]:
    """Return the properties that a problem type adds to the base."""
    properties: dict[str, Any] = _get_schema(spec, name)["allOf"][1]["properties"]
    return properties


def _get_operation(spec: Spec, method: str, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = spec["paths"][path][method]
    return operation


def _add_required_field(spec: Spec) -> None:
    draft = _get_schema(spec, "DwippDraft")
    draft["properties"]["mood"] = {"type": "string"}
    draft["required"].append("mood")


def _add_required_parameter(spec: Spec) -> None:
    mood = {"name": "mood", "in": "query", "required": True, "schema": {"type": "string"}}
    _get_operation(spec, "get", "/v1/dwipps")["parameters"].append(mood)


# Each change with the rule of oasdiff that must find it.
BREAKING_CHANGES: dict[str, tuple[str, Change]] = {
    "operation removed": (
        "api-removed-without-deprecation",
        lambda spec: spec["paths"]["/v1/me"].pop("delete"),
    ),
    "operationId changed": (
        "api-operation-id-removed",
        lambda spec: _get_operation(spec, "post", "/v1/dwipps").update(operationId="write_dwipp"),
    ),
    "required request field added": ("new-required-request-property", _add_required_field),
    "required parameter added": ("new-required-request-parameter", _add_required_parameter),
    "minLength of a request field raised": (
        "request-property-min-length-increased",
        lambda spec: _get_schema(spec, "RegisterRequest")["properties"]["password"].update(minLength=12),
    ),
    "maximum of a parameter lowered": (
        "request-parameter-max-decreased",
        lambda spec: _get_operation(spec, "get", "/v1/me/favorites")["parameters"][0]["schema"].update(maximum=50),
    ),
    "enum value added to a response": (
        "response-property-enum-value-added",
        lambda spec: _get_own_properties(spec, "InvalidTokenRequestProblem")["error"]["enum"].append("invalid_scope"),
    ),
    "response field made optional": (
        "response-property-became-optional",
        lambda spec: _get_schema(spec, "DwippView")["required"].remove("upvotes"),
    ),
    "response field type changed": (
        "response-property-type-changed",
        lambda spec: _get_schema(spec, "DwippView")["properties"].update(upvotes={"type": "string"}),
    ),
    "problem type changed": (
        "response-property-enum-value-added",
        lambda spec: _get_own_properties(spec, "EditConflictProblem")["type"].update(enum=["urn:dwipper:problem:x"]),
    ),
    "success status removed": (
        "response-success-status-removed",
        lambda spec: _get_operation(spec, "post", "/v1/dwipps")["responses"].pop("201"),
    ),
    "response header removed": (
        "required-response-header-removed",
        lambda spec: _get_operation(spec, "post", "/v1/dwipps")["responses"]["201"]["headers"].pop("Location"),
    ),
    "authentication required": (
        "api-security-anonymous-access-removed",
        lambda spec: _get_operation(spec, "post", "/v1/auth/login").update(security=[{"Member": []}]),
    ),
}
COMPATIBLE_CHANGES: dict[str, Change] = {
    "no change": lambda _: None,
    "summary changed": lambda spec: _get_operation(spec, "post", "/v1/dwipps").update(summary="Share a thought"),
    "optional request field added": lambda spec: _get_schema(spec, "DwippDraft")["properties"].update(
        mood={"type": "string"}
    ),
    "response field added": lambda spec: _get_schema(spec, "DwippView")["properties"].update(mood={"type": "string"}),
    "operation added": lambda spec: spec["paths"].update(
        {"/v1/you": copy.deepcopy(spec["paths"]["/v1/users/{handle}"])}
    ),
}


def apply_change(change: Change) -> Spec:
    """Return a copy of the published document with this change."""
    spec = copy.deepcopy(load_document())
    change(spec)
    return spec
