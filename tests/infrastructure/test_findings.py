"""A critical or high finding of ECR's scan stops a deployment, unless the list accepts it."""

import re
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from devstack.paths import ROOT
from tests.infrastructure.fake_machine import FakeMachine

_SCRIPT = "check-findings.sh"
_ACCEPTED = (ROOT / "requirements" / "accepted-findings.txt").read_text()


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


class TestFindings:
    def test_image_without_findings_passes(self, machine: FakeMachine) -> None:
        result = machine.run(_SCRIPT, "a-tag")
        assert (result.returncode, result.stderr) == (0, "")
        calls = [call for call in machine.calls if call.startswith("aws")]
        assert all("--repository-name dwipper --image-id imageTag=a-tag " in call for call in calls)

    @pytest.mark.parametrize("findings", ["CVE-2099-1", "CVE-2099-1\tCVE-2099-2", "None CVE-2099-1"])
    def test_severe_finding_fails_and_is_named(self, findings: str, machine: FakeMachine) -> None:
        machine.set_response("imageScanFindings", findings)
        result = machine.run(_SCRIPT, "a-tag")
        assert result.returncode == 1
        assert "CVE-2099-1" in result.stderr
        assert "accepted-findings.txt" in result.stderr

    def test_accepted_finding_passes(self, machine: FakeMachine) -> None:
        (accepted, *_) = re.findall(r"^(CVE-\S+) ", _ACCEPTED, re.MULTILINE)
        machine.set_response("imageScanFindings", accepted)
        assert machine.run(_SCRIPT, "a-tag").returncode == 0

    def test_part_of_an_accepted_id_is_not_accepted(self, machine: FakeMachine) -> None:
        (accepted, *_) = re.findall(r"^(CVE-\S+) ", _ACCEPTED, re.MULTILINE)
        machine.set_response("imageScanFindings", accepted[:-1])
        assert machine.run(_SCRIPT, "a-tag").returncode == 1

    def test_unreadable_findings_fail(self, machine: FakeMachine) -> None:
        machine.set_response("imageScanFindings", "An error occurred (ServerException)", 254)
        assert machine.run(_SCRIPT, "a-tag").returncode != 0


class TestScan:
    @pytest.mark.parametrize("status", ["IN_PROGRESS", "PENDING"])
    def test_unfinished_scan_is_awaited(self, status: str, machine: FakeMachine) -> None:
        machine.set_response("imageScanStatus", status)
        machine.set_response_after_sleep("imageScanStatus", "COMPLETE")
        assert machine.run(_SCRIPT, "a-tag").returncode == 0

    def test_scan_that_has_not_begun_is_awaited(self, machine: FakeMachine) -> None:
        machine.set_response("imageScanStatus", "An error occurred (ScanNotFoundException)", 254)
        machine.set_response_after_sleep("imageScanStatus", "ACTIVE")
        assert machine.run(_SCRIPT, "a-tag").returncode == 0

    @pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "PENDING", "None"])
    def test_image_without_a_scan_is_refused(self, status: str, machine: FakeMachine) -> None:
        machine.set_response("imageScanStatus", status)
        result = machine.run(_SCRIPT, "a-tag")
        assert result.returncode == 1
        assert status in result.stderr
        assert "ALLOW_UNSCANNED_IMAGE=1" in result.stderr

    def test_denied_access_to_the_scan_is_shown(self, machine: FakeMachine) -> None:
        machine.set_response("imageScanStatus", "An error occurred (AccessDeniedException)", 254)
        result = machine.run(_SCRIPT, "a-tag")
        assert result.returncode == 1
        assert "AccessDeniedException" in result.stderr

    def test_override_allows_an_image_without_a_scan(self, machine: FakeMachine) -> None:
        machine.set_response("imageScanStatus", "UNSUPPORTED_IMAGE")
        result = machine.run(_SCRIPT, "a-tag", ALLOW_UNSCANNED_IMAGE="1")
        assert result.returncode == 0
        assert "UNSUPPORTED_IMAGE" in result.stderr

    def test_override_allows_no_finding(self, machine: FakeMachine) -> None:
        machine.set_response("imageScanFindings", "CVE-2099-1")
        assert machine.run(_SCRIPT, "a-tag", ALLOW_UNSCANNED_IMAGE="1").returncode == 1


@pytest.mark.parametrize(
    "findings",
    [
        pytest.param(
            {"findings": [{"name": name, "severity": name} for name in ("CRITICAL", "HIGH", "MEDIUM", "UNDEFINED")]},
            id="basic",
        ),
        pytest.param(
            {
                "enhancedFindings": [
                    {"severity": name, "packageVulnerabilityDetails": {"vulnerabilityId": name}}
                    for name in ("CRITICAL", "HIGH", "MEDIUM", "UNTRIAGED")
                ]
            },
            id="enhanced",
        ),
    ],
)
def test_query_selects_the_severe_findings_of_both_kinds(findings: dict[str, Any]) -> None:
    script = (ROOT / "deploy" / _SCRIPT).read_text()
    (query,) = re.findall(r'describe_scan "(imageScanFindings[^"]+)"', script)
    assert jmespath.search(query, {"imageScanFindings": findings}) == ["CRITICAL", "HIGH"]
