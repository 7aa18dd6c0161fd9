"""Spectral and Redocly find nothing in the document, and would find mistakes in it. Both want Node.js."""

import copy
import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devstack.api import ROOT
from testkit.operations import DOCUMENT, document
from tests.contract import linters
from tests.contract.document import Spec
from tests.contract.linters import Findings

pytestmark = pytest.mark.slow

Mistake = Callable[[Spec], object]


def _create(spec: Spec) -> dict[str, Any]:
    operation: dict[str, Any] = spec["paths"]["/v1/dwipps"]["post"]
    return operation


def _drop_header(answer: str, name: str) -> Mistake:
    return lambda spec: spec["components"]["responses"][answer]["headers"].pop(name)


def _answer_in_plain_json(spec: Spec) -> None:
    content = spec["components"]["responses"]["edit-conflict"]["content"]
    content["application/json"] = content.pop("application/problem+json")


SPECTRAL: dict[str, Mistake] = {
    "dwipper-operation-id": lambda spec: _create(spec).update(operationId="createDwipp"),
    "dwipper-summary": lambda spec: _create(spec).update(summary="Write a Dwipp."),
    "dwipper-examples": lambda spec: _create(spec)["requestBody"]["content"]["application/json"].pop("examples"),
    "dwipper-problems": _answer_in_plain_json,
    "dwipper-problem-types": lambda spec: spec["components"]["schemas"]["EditConflictProblem"]["properties"].update(
        type={"type": "string"}
    ),
    "operation-description": lambda spec: _create(spec).pop("description"),
    "operation-operationId-unique": lambda spec: _create(spec).update(operationId="edit_dwipp"),
    "operation-tag-defined": lambda spec: _create(spec).update(tags=["thoughts"]),
    "oas3-parameter-description": lambda spec: _create(spec)["parameters"][0].pop("description"),
    "oas3-unused-component": lambda spec: spec["components"]["schemas"].update(Unused={"type": "string"}),
    "oas3-valid-media-example": lambda spec: spec["components"]["examples"]["create_dwipp"]["value"].pop("text"),
    "oas3-operation-security-defined": lambda spec: _create(spec).update(security=[{"Visitor": []}]),
    "path-params": lambda spec: spec["paths"]["/v1/dwipps/{dwipp_id}"]["get"]["parameters"].clear(),
    "tag-description": lambda spec: spec["tags"][0].pop("description"),
    "info-license": lambda spec: spec["info"].pop("license"),
    "invalid-ref": lambda spec: spec["components"]["examples"].pop("create_dwipp"),
}
REDOCLY: dict[str, Mistake] = {
    "security-defined": lambda spec: _create(spec).pop("security"),
    "response-contains-header": _drop_header("unauthenticated", "WWW-Authenticate"),
    "operation-4xx-response": lambda spec: spec["paths"]["/health"]["get"]["responses"].pop("413"),
    "operation-summary": lambda spec: _create(spec).pop("summary"),
    "operation-singular-tag": lambda spec: _create(spec).update(tags=["dwipps", "members"]),
    "no-unused-components": lambda spec: spec["components"]["examples"].update(unused={"value": 1}),
    "no-invalid-media-type-examples": lambda spec: spec["components"]["examples"]["create_dwipp"]["value"].update(id=1),
    "no-unresolved-refs": lambda spec: spec["components"]["responses"].pop("edit-conflict"),
    "response-mime-type": lambda spec: _create(spec)["responses"]["201"]["content"].update({"text/html": {}}),
    "no-ambiguous-paths": lambda spec: spec["paths"].update({"/v1/{any}/dwipps": spec["paths"]["/v1/me/dwipps"]}),
    "no-empty-servers": lambda spec: spec.pop("servers"),
    "path-parameters-defined": lambda spec: spec["paths"]["/v1/dwipps/{dwipp_id}"]["get"]["parameters"].clear(),
    "struct": lambda spec: _create(spec)["responses"]["201"].pop("description"),
}
WITHOUT_HEADER = {
    f"{answer} without {name}": (answer, name)
    for answer, name in (
        *(("too-many-requests", "Retry-After"), ("unavailable", "Retry-After"), ("unauthenticated", "X-Request-Id")),
        *(("edit-conflict", "X-Request-Id"), ("internal-error", "X-Request-Id")),
    )
}


def _with(mistakes: Mapping[str, Mistake], folder: Path) -> list[Path]:
    return [_wrong(mistake, folder / name) for name, mistake in mistakes.items()]


def _wrong(mistake: Mistake, file: Path) -> Path:
    spec = copy.deepcopy(document())
    mistake(spec)
    file.write_text(json.dumps(spec))
    return file


@pytest.fixture(scope="module")
def found_by_spectral(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return linters.spectral(DOCUMENT, *_with(SPECTRAL, tmp_path_factory.mktemp("spectral")))


@pytest.fixture(scope="module")
def found_by_redocly(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    mistakes = REDOCLY | {name: _drop_header(*which) for name, which in WITHOUT_HEADER.items()}
    return linters.redocly(DOCUMENT, *_with(mistakes, tmp_path_factory.mktemp("redocly")))


def test_neither_finds_anything(found_by_spectral: Findings, found_by_redocly: Findings) -> None:
    assert DOCUMENT.name not in found_by_spectral.keys() | found_by_redocly.keys()


@pytest.mark.parametrize("rule", SPECTRAL)
def test_spectral_would_find(rule: str, found_by_spectral: Findings) -> None:
    assert rule in found_by_spectral[rule]


@pytest.mark.parametrize("rule", REDOCLY)
def test_redocly_would_find(rule: str, found_by_redocly: Findings) -> None:
    assert rule in found_by_redocly[rule]


@pytest.mark.parametrize("name", WITHOUT_HEADER)
def test_a_header_that_is_missing_would_be_found(name: str, found_by_redocly: Findings) -> None:
    assert "response-contains-header" in found_by_redocly[name]


def test_whatever_is_off_has_a_reason_above_it() -> None:
    for name in (".spectral.yaml", "redocly.yaml"):
        for above, line in pairwise((ROOT / name).read_text().splitlines()):
            assert not line.endswith((": off", "security-defined:")) or above.strip().startswith("#"), line
