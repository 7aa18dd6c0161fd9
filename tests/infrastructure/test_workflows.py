"""The workflows satisfy the linters and our own rules, which find seeded mistakes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from tests.infrastructure import linters, workflows

_VALID = """\
name: Seeded
on:
  issues:
    types: [opened]
permissions: {}
concurrency:
  group: seeded
  cancel-in-progress: false
jobs:
  only:
    name: Only
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    environment: dev
    permissions:
      contents: read # to check out
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - run: echo "$TITLE"
        env:
          TITLE: ${{ github.event.issue.title }}
"""
# Each mistake is a part of the workflow above, and its replacement.
_UNPINNED_ACTION = ("08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "v5")
_TEMPLATE_INJECTION = ('echo "$TITLE"', 'echo "${{ github.event.issue.title }}"')
_PERSISTED_CREDENTIALS = ("persist-credentials: false", "fetch-depth: 1")
_ALL_PERMISSIONS = ("permissions: {}\n", "permissions: write-all\n")
_DEFAULT_PERMISSIONS = ("permissions: {}\n", "")
_NO_JOB_PERMISSIONS = ("    permissions:\n      contents: read # to check out\n", "")
_UNGATED_ID_TOKEN = ("    environment: dev\n    permissions:\n", "    permissions:\n      id-token: write # to sign\n")
_NO_TIMEOUT = ("    timeout-minutes: 5\n", "")
_CANCELLABLE = ("cancel-in-progress: false", "cancel-in-progress: true")

Rule = Callable[[dict[str, Any]], list[str]]

_RULES: dict[Rule, tuple[str, str]] = {
    workflows.find_unpinned_actions: _UNPINNED_ACTION,
    workflows.find_broad_permissions: _ALL_PERMISSIONS,
    workflows.find_jobs_without_timeout: _NO_TIMEOUT,
    workflows.find_interpolated_scripts: _TEMPLATE_INJECTION,
    workflows.find_persisted_credentials: _PERSISTED_CREDENTIALS,
    workflows.find_ungated_id_tokens: _UNGATED_ID_TOKEN,
    workflows.find_cancellable_deployments: _CANCELLABLE,
}


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: str(rule.__name__))
class TestRule:
    @pytest.mark.parametrize("file", workflows.FILES, ids=lambda file: file.name)
    def test_workflow_has_no_violations(self, rule: Rule, file: Path) -> None:
        assert rule(workflows.parse_workflow(file.read_text())) == []

    def test_seeded_mistake_is_found(self, rule: Rule) -> None:
        assert rule(workflows.parse_workflow(_VALID)) == []
        assert rule(workflows.parse_workflow(_VALID.replace(*_RULES[rule]))) != []


def test_job_without_permissions_is_found() -> None:
    workflow = workflows.parse_workflow(_VALID.replace(*_NO_JOB_PERMISSIONS))
    assert workflows.find_broad_permissions(workflow) == ["only"]


def test_every_digest_has_a_comment_with_the_version() -> None:
    assert [line for file in workflows.FILES for line in workflows.find_unversioned_digests(file.read_text())] == []
    assert workflows.find_unversioned_digests(_VALID.replace(" # v5.0.0", "")) != []


@pytest.mark.slow
class TestZizmor:
    def test_workflows_have_no_findings(self) -> None:
        assert linters.run_zizmor(ROOT / ".github") == []

    @pytest.mark.parametrize(
        ("mistake", "rule"),
        [
            pytest.param(_UNPINNED_ACTION, "unpinned-uses", id="unpinned-action"),
            pytest.param(_TEMPLATE_INJECTION, "template-injection", id="template-injection"),
            pytest.param(_PERSISTED_CREDENTIALS, "artipacked", id="persisted-credentials"),
            pytest.param(_ALL_PERMISSIONS, "excessive-permissions", id="all-permissions"),
            pytest.param(_DEFAULT_PERMISSIONS, "excessive-permissions", id="default-permissions"),
        ],
    )
    def test_seeded_mistake_is_found(self, mistake: tuple[str, str], rule: str, tmp_path: Path) -> None:
        assert linters.run_zizmor(workflows.write_workflow(tmp_path, _VALID).parent) == []
        assert rule in linters.run_zizmor(workflows.write_workflow(tmp_path, _VALID.replace(*mistake)).parent)


@pytest.mark.slow
class TestActionlint:
    def test_workflows_have_no_findings(self) -> None:
        assert linters.run_actionlint(*workflows.FILES) == []

    @pytest.mark.parametrize(
        ("mistake", "message"),
        [
            pytest.param(("timeout-minutes", "timeout-minuets"), "timeout-minuets", id="unknown-key"),
            pytest.param(("ubuntu-24.04", "ubuntu-24.40"), "ubuntu-24.40", id="unknown-runner"),
            pytest.param(("github.event", "github.evnt"), "evnt", id="unknown-property"),
            pytest.param(('"$TITLE"', "$TITLE"), "SC2086", id="unquoted-variable"),
            pytest.param(("    steps:", "    needs: nobody\n    steps:"), "nobody", id="unknown-job"),
        ],
    )
    def test_seeded_mistake_is_found(self, mistake: tuple[str, str], message: str, tmp_path: Path) -> None:
        assert linters.run_actionlint(workflows.write_workflow(tmp_path, _VALID)) == []
        (finding, *_) = linters.run_actionlint(workflows.write_workflow(tmp_path, _VALID.replace(*mistake)))
        assert message in finding
