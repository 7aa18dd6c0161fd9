"""Changes of the API, which a release may or may not bring: those that break clients, and those that do not."""

import copy
from collections.abc import Callable
from typing import Any

from testkit.operations import document
from tests.contract.document import Spec

Change = Callable[[Spec], object]


def _schema(spec: Spec, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = spec["components"]["schemas"][name]
    return schema


def _operation(spec: Spec, method: str, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = spec["paths"][path][method]
    return operation


def _need_a_field(spec: Spec) -> None:
    draft = _schema(spec, "DwippDraft")
    draft["properties"]["mood"] = {"type": "string"}
    draft["required"].append("mood")


def _need_a_parameter(spec: Spec) -> None:
    mood = {"name": "mood", "in": "query", "required": True, "schema": {"type": "string"}}
    _operation(spec, "get", "/v1/dwipps")["parameters"].append(mood)


BREAKING: dict[str, tuple[str, Change]] = {
    "an operation is gone": (
        "api-removed-without-deprecation",
        lambda spec: spec["paths"]["/v1/me"].pop("delete"),
    ),
    "an operation has another name": (
        "api-operation-id-removed",
        lambda spec: _operation(spec, "post", "/v1/dwipps").update(operationId="write_dwipp"),
    ),
    "a field is wanted": ("new-required-request-property", _need_a_field),
    "a parameter is wanted": ("new-required-request-parameter", _need_a_parameter),
    "a password is longer": (
        "request-property-min-length-increased",
        lambda spec: _schema(spec, "RegisterRequest")["properties"]["password"].update(minLength=12),
    ),
    "a page is shorter": (
        "request-parameter-max-decreased",
        lambda spec: _operation(spec, "get", "/v1/dwipps")["parameters"][0]["schema"].update(maximum=50),
    ),
    "a value more may be answered": (
        "response-property-enum-value-added",
        lambda spec: _schema(spec, "InvalidTokenRequestProblem")["properties"]["error"]["enum"].append("invalid_scope"),
    ),
    "a field may be missing": (
        "response-property-became-optional",
        lambda spec: _schema(spec, "DwippView")["required"].remove("upvotes"),
    ),
    "a field is of another type": (
        "response-property-type-changed",
        lambda spec: _schema(spec, "DwippView")["properties"].update(upvotes={"type": "string"}),
    ),
    "a problem is of another type": (
        "response-property-const-changed",
        lambda spec: _schema(spec, "EditConflictProblem")["properties"]["type"].update(const="urn:dwipper:problem:x"),
    ),
    "an answer is another": (
        "response-success-status-removed",
        lambda spec: _operation(spec, "post", "/v1/dwipps")["responses"].pop("201"),
    ),
    "a header is gone": (
        "required-response-header-removed",
        lambda spec: _operation(spec, "post", "/v1/dwipps")["responses"]["201"]["headers"].pop("Location"),
    ),
    "a login is wanted": (
        "api-security-anonymous-access-removed",
        lambda spec: _operation(spec, "post", "/v1/auth/login").update(security=[{"Member": []}]),
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "other words": lambda spec: _operation(spec, "post", "/v1/dwipps").update(summary="Share a thought"),
    "a field more may be sent": lambda spec: _schema(spec, "DwippDraft")["properties"].update(mood={"type": "string"}),
    "a field more is answered": lambda spec: _schema(spec, "DwippView")["properties"].update(mood={"type": "string"}),
    "an operation more": lambda spec: spec["paths"].update(
        {"/v1/you": copy.deepcopy(spec["paths"]["/v1/users/{handle}"])}
    ),
}


def changed(change: Change) -> Spec:
    spec = copy.deepcopy(document())
    change(spec)
    return spec
