"""The ways that workflows go: what waits for what, what is looked at first, and the way back."""

import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from devstack.api import ROOT
from tests.infrastructure import workflows

_DIGEST = "sha256:" + "0123456789abcdef" * 4


class TestStage:
    def test_what_is_live_is_remembered_before_a_deployment_and_brought_back_after_a_failed_smoke_test(self) -> None:
        names = [step["name"] for step in workflows.jobs("stage.yml")["deploy"]["steps"] if "name" in step]
        assert names[-5:-2] == ["What is live?", "Deploy", "Smoke test"]
        assert names[-2:] == ["Fetch what was live", "Go back to what was live"]
        *_, files, back = workflows.jobs("stage.yml")["deploy"]["steps"]
        assert "steps.smoke.outcome == 'failure'" in back["if"]
        assert files["if"] == back["if"]
        assert files["with"]["ref"] == "${{ steps.live.outputs.commit }}"
        assert back["env"] == {"DIGEST": "${{ steps.live.outputs.digest }}"}

    @pytest.mark.parametrize(
        ("stage", "digest", "passes"),
        [
            ("dev", _DIGEST, True),
            ("prod", _DIGEST, True),
            ("prod ", _DIGEST, False),
            ("test", _DIGEST, False),
            ("dev", _DIGEST[:-1], False),
            ("dev", _DIGEST.upper(), False),
            ("dev", f"{_DIGEST}\n", False),
            ("dev", f"{_DIGEST}; id", False),
            ("dev", f"x\n{_DIGEST}", False),
            ("dev", "$(id)", False),
            ("dev", "", False),
        ],
    )
    def test_what_is_no_stage_or_no_digest_ends_it_at_once(self, stage: str, digest: str, passes: bool) -> None:
        check = workflows.jobs("stage.yml")["deploy"]["steps"][0]
        told = {"PATH": os.defpath, "STAGE": stage, "DIGEST": digest}
        done = subprocess.run(["bash", "-e", "-c", check["run"]], env=told, check=False)  # noqa: S607 -- as GitHub
        assert (done.returncode == 0) == passes


def test_prod_waits_for_dev_and_gets_the_image_that_dev_ran() -> None:
    steps = workflows.jobs("deploy.yml")
    assert steps["dev"]["with"]["digest"] == steps["prod"]["with"]["digest"]
    assert set(steps["prod"]["needs"]) == {"image", "dev"}
    assert workflows.jobs("stage.yml")["deploy"]["environment"] == "${{ inputs.stage }}"


def test_a_release_waits_for_the_gate_and_a_deployment_for_the_release() -> None:
    release = workflows.jobs("release.yml")
    assert (release["publish"]["needs"], release["deploy"]["needs"]) == (["version", "gate"], "publish")


def test_every_python_that_is_promised_is_tested() -> None:
    versions = workflows.jobs("ci.yml")["test"]["strategy"]["matrix"]["python"]
    (oldest,) = re.findall(r'requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text())
    assert versions == [oldest, "3.12", "3.13", "3.14"]


def test_the_docs_page_finds_its_document_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "scripts" / "build_docs_site.py"))["write"](tmp_path)
    assert (tmp_path / "openapi.json").read_bytes() == (ROOT / "openapi.json").read_bytes()
    assert "./openapi.json" in (tmp_path / "index.html").read_text()
