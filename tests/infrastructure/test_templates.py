"""osls packages both stages. The templates satisfy cfn-lint and our rules, which find seeded mistakes."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from tests.infrastructure.mistakes import MISTAKES, SUBJECTS
from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.packaging import PackagingError, copy_sources, package, replace_once
from tests.infrastructure.rules import find_violations, permissions
from tests.infrastructure.rules.resources import get_properties

pytestmark = pytest.mark.slow

STAGES = ("dev", "prod")

# osls adds a redundant DependsOn: the function refers to its role and also waits for it.
_CHECK_VIOLATED_BY_OSLS = "W3005"


@pytest.fixture(scope="module", params=STAGES)
def packaged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    """Return a stage, its template, and the file of the template."""
    folder = copy_sources(tmp_path_factory.mktemp(request.param))
    return request.param, *package(folder, request.param)


def _run_cfn_lint(template: Path) -> str:
    """Return the output of cfn-lint. It is empty if there are no findings."""
    result = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", _CHECK_VIOLATED_BY_OSLS, "--", template],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


class TestStage:
    def test_template_violates_no_rule(self, packaged: tuple[str, Any, Path]) -> None:
        _, template, _ = packaged
        assert find_violations(template) == []

    def test_cfn_lint_has_no_findings(self, packaged: tuple[str, Any, Path]) -> None:
        *_, file = packaged
        assert _run_cfn_lint(file) == ""

    def test_only_prod_keeps_logs_for_a_year(self, packaged: tuple[str, Any, Path]) -> None:
        stage, template, _ = packaged
        for name in ("ApiLogGroup", "WorkerLogGroup"):
            assert get_properties(template, name)["RetentionInDays"] == (365 if stage == "prod" else 30)


def test_each_name_belongs_to_one_mistake() -> None:
    assert len(MISTAKES) == sum(len(subject.MISTAKES) for subject in SUBJECTS)


def _group_by_turns() -> list[dict[str, Mistake]]:
    """Return groups of mistakes with at most one mistake for each rule: the first of each rule, the second, and so on.

    Packaging takes seconds, so each group is packaged once.
    """
    groups: list[dict[str, Mistake]] = []
    for name, mistake in MISTAKES.items():
        turn = sum(mistake.rule in {each.rule for each in group.values()} for group in groups)
        if turn == len(groups):
            groups.append({})
        groups[turn][name] = mistake
    return groups


@pytest.mark.parametrize("mistakes", _group_by_turns(), ids=lambda mistakes: f"{len(mistakes)}-rules")
def test_rules_find_mistakes(mistakes: Mapping[str, Mistake], tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    for mistake in mistakes.values():
        replace_once(folder, mistake.file, mistake.old, mistake.new)
    template, _ = package(folder, "dev")
    broken = {violation.partition(":")[0] for violation in find_violations(template)}
    assert [name for name, mistake in mistakes.items() if mistake.rule.__name__ not in broken] == []


def test_calls_of_every_client_in_the_app_are_found() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "app").rglob("*.py"))
    names = set(re.findall(r'\b(\w+)(?:\(self\) ->|:) "\w+Client"', code))
    assert names >= {"client", "_client", "_single_attempt_client"}
    for name in names:
        assert permissions.find_called_actions(f"self.{name}.put_item(Item={{}})") == {"dynamodb:PutItem"}, name


@pytest.mark.longest
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_rule_finds_mistake(mistake: Mistake, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, mistake.file, mistake.old, mistake.new)
    template, _ = package(folder, "dev")
    assert any(violation.startswith(f"{mistake.rule.__name__}: ") for violation in find_violations(template))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("serverless.yml", "memorySize: 1024", "memorysize: 1024", id="provider-key"),
        pytest.param(
            "serverless.yml", "authorizer:\n            type", "authoriser:\n            type", id="route-key"
        ),
        pytest.param("serverless.yml", "${param:image}", "dwipper:latest", id="image-by-tag"),
    ],
)
def test_osls_rejects_typo(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, name, old, new)
    with pytest.raises(PackagingError, match="Configuration error"):
        package(folder, "dev")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("deploy/data.yml", "BillingMode:", "BilingMode:", id="table-property"),
        pytest.param("deploy/role.yml", "AssumeRolePolicyDocument", "AssumeRolePolicy", id="role-property"),
        pytest.param(
            "deploy/alarms.yml", "TreatMissingData: notBreaching", "TreatMissingData: notBreaking", id="alarm-value"
        ),
    ],
)
def test_cfn_lint_finds_typo(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, name, old, new)
    _, file = package(folder, "dev")
    assert _run_cfn_lint(file) or _run_cfn_lint(folder / "deploy" / "data.yml")
