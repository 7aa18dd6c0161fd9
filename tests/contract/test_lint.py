"""Spectral and Redocly accept the published document, and find mistakes in changed ones. Both require Node.js."""

import copy
import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.operations import DOCUMENT, load_document
from tests.contract import linters
from tests.contract.document import Spec
from tests.contract.linters import Findings

pytestmark = pytest.mark.slow

Change = Callable[[Spec], object]


def _get_create_dwipp(spec: Spec) -> dict[str, Any]:
    operation: dict[str, Any] = spec["paths"]["/v1/dwipps"]["post"]
    return operation


def _make_header_removal(response: str, name: str) -> Change:
    return lambda spec: spec["components"]["responses"][response]["headers"].pop(name)


def _select_successes(spec: Spec) -> dict[str, Any]:
    """Return the successful responses of `/health`."""
    responses = spec["paths"]["/health"]["get"]["responses"]
    return {status: response for status, response in responses.items() if status.startswith("2")}


def _send_problem_as_plain_json(spec: Spec) -> None:
    content = spec["components"]["responses"]["edit-conflict"]["content"]
    content["application/json"] = content.pop("application/problem+json")


# For each rule, a change of the document that breaks the rule.
SPECTRAL_RULES: dict[str, Change] = {
    "dwipper-operation-id": lambda spec: _get_create_dwipp(spec).update(operationId="createDwipp"),
    "dwipper-summary": lambda spec: _get_create_dwipp(spec).update(summary="Write a Dwipp."),
    "dwipper-examples": lambda spec: _get_create_dwipp(spec)["requestBody"]["content"]["application/json"].pop(
        "examples"
    ),
    "dwipper-problems": _send_problem_as_plain_json,
    "dwipper-problem-types": lambda spec: spec["components"]["schemas"]["EditConflictProblem"]["allOf"][1][
        "properties"
    ].update(type={"type": "string"}),
    "operation-description": lambda spec: _get_create_dwipp(spec).pop("description"),
    "operation-operationId-unique": lambda spec: _get_create_dwipp(spec).update(operationId="edit_dwipp"),
    "operation-tag-defined": lambda spec: _get_create_dwipp(spec).update(tags=["thoughts"]),
    "oas3-parameter-description": lambda spec: _get_create_dwipp(spec)["parameters"][0].pop("description"),
    "oas3-unused-component": lambda spec: spec["components"]["schemas"].update(Unused={"type": "string"}),
    "oas3-valid-media-example": lambda spec: spec["components"]["examples"]["create_dwipp"]["value"].pop("text"),
    "oas3-operation-security-defined": lambda spec: _get_create_dwipp(spec).update(security=[{"Visitor": []}]),
    "path-params": lambda spec: spec["paths"]["/v1/dwipps/{dwipp_id}"]["get"]["parameters"].clear(),
    "tag-description": lambda spec: spec["tags"][0].pop("description"),
    "info-license": lambda spec: spec["info"].pop("license"),
    "invalid-ref": lambda spec: spec["components"]["examples"].pop("create_dwipp"),
}
REDOCLY_RULES: dict[str, Change] = {
    "security-defined": lambda spec: _get_create_dwipp(spec).pop("security"),
    "response-contains-header": _make_header_removal("unauthenticated", "WWW-Authenticate"),
    "operation-4xx-response": lambda spec: spec["paths"]["/health"]["get"].update(responses=_select_successes(spec)),
    "operation-summary": lambda spec: _get_create_dwipp(spec).pop("summary"),
    "operation-singular-tag": lambda spec: _get_create_dwipp(spec).update(tags=["dwipps", "members"]),
    "no-unused-components": lambda spec: spec["components"]["examples"].update(unused={"value": 1}),
    "no-invalid-media-type-examples": lambda spec: spec["components"]["examples"]["create_dwipp"]["value"].update(id=1),
    "no-unresolved-refs": lambda spec: spec["components"]["responses"].pop("edit-conflict"),
    "response-mime-type": lambda spec: _get_create_dwipp(spec)["responses"]["201"]["content"].update({"text/html": {}}),
    "no-ambiguous-paths": lambda spec: spec["paths"].update({"/v1/{any}/dwipps": spec["paths"]["/v1/me/dwipps"]}),
    "no-empty-servers": lambda spec: spec.pop("servers"),
    "path-parameters-defined": lambda spec: spec["paths"]["/v1/dwipps/{dwipp_id}"]["get"]["parameters"].clear(),
    "struct": lambda spec: _get_create_dwipp(spec)["responses"]["201"].pop("description"),
}
MISSING_HEADERS = {
    f"{response} without {name}": (response, name)
    for response, name in (
        *(("too-many-requests", "Retry-After"), ("unavailable", "Retry-After"), ("unauthenticated", "X-Request-Id")),
        *(("edit-conflict", "X-Request-Id"), ("internal-error", "X-Request-Id")),
    )
}


def _write_documents(changes: Mapping[str, Change], folder: Path) -> list[Path]:
    return [_write_document(change, folder / name) for name, change in changes.items()]


def _write_document(change: Change, file: Path) -> Path:
    spec = copy.deepcopy(load_document())
    change(spec)
    file.write_text(json.dumps(spec))
    return file


@pytest.fixture(scope="module")
def spectral_findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return linters.run_spectral(DOCUMENT, *_write_documents(SPECTRAL_RULES, tmp_path_factory.mktemp("spectral")))


@pytest.fixture(scope="module")
def redocly_findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    changes = REDOCLY_RULES | {name: _make_header_removal(*header) for name, header in MISSING_HEADERS.items()}
    return linters.run_redocly(DOCUMENT, *_write_documents(changes, tmp_path_factory.mktemp("redocly")))


def test_published_document_has_no_findings(spectral_findings: Findings, redocly_findings: Findings) -> None:
    assert DOCUMENT.name not in spectral_findings.keys() | redocly_findings.keys()


@pytest.mark.parametrize("rule", SPECTRAL_RULES)
def test_spectral_finds_each_mistake(rule: str, spectral_findings: Findings) -> None:
    assert rule in spectral_findings[rule]


@pytest.mark.parametrize("rule", REDOCLY_RULES)
def test_redocly_finds_each_mistake(rule: str, redocly_findings: Findings) -> None:
    assert rule in redocly_findings[rule]


@pytest.mark.parametrize("name", MISSING_HEADERS)
def test_redocly_finds_a_missing_header(name: str, redocly_findings: Findings) -> None:
    assert "response-contains-header" in redocly_findings[name]


def test_each_disabled_rule_has_a_comment_above() -> None:
    for name in (".spectral.yaml", "redocly.yaml"):
        for line_above, line in pairwise((ROOT / name).read_text().splitlines()):
            assert not line.endswith((": off", "security-defined:")) or line_above.strip().startswith("#"), (
                f"{name} has no comment above {line!r}"
            )
