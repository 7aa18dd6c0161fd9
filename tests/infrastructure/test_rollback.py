"""The workflows run the gate before a release and dev before prod, and roll back after a failed smoke test."""

import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.infrastructure import workflows

_DIGEST = "sha256:" + "0123456789abcdef" * 4


class TestStage:
    def test_failed_smoke_test_rolls_back_image_and_templates(self) -> None:
        steps = workflows.load_jobs("stage.yml")["deploy"]["steps"]
        names = [step["name"] for step in steps if "name" in step]
        assert names[-5:-2] == ["Find the current image", "Deploy", "Smoke test"]
        assert names[-2:] == ["Check out the previous commit", "Roll back to the previous image"]
        *_, checkout, rollback = steps
        assert "steps.smoke.outcome == 'failure'" in rollback["if"]
        assert checkout["if"] == rollback["if"]
        assert checkout["with"]["ref"] == "${{ steps.live.outputs.commit }}"
        assert rollback["env"] == {"DIGEST": "${{ steps.live.outputs.digest }}"}

    @pytest.mark.parametrize(
        ("stage", "digest", "is_accepted"),
        [
            pytest.param("dev", _DIGEST, True, id="dev"),
            pytest.param("prod", _DIGEST, True, id="prod"),
            pytest.param("prod ", _DIGEST, False, id="stage-with-space"),
            pytest.param("test", _DIGEST, False, id="unknown-stage"),
            pytest.param("dev", _DIGEST[:-1], False, id="short-digest"),
            pytest.param("dev", _DIGEST.upper(), False, id="uppercase-digest"),
            pytest.param("dev", f"{_DIGEST}\n", False, id="trailing-newline"),
            pytest.param("dev", f"{_DIGEST}; id", False, id="appended-command"),
            pytest.param("dev", f"x\n{_DIGEST}", False, id="line-before-the-digest"),
            pytest.param("dev", "$(id)", False, id="command-substitution"),
            pytest.param("dev", "", False, id="empty-digest"),
        ],
    )
    def test_first_step_accepts_only_a_valid_stage_and_digest(self, stage: str, digest: str, is_accepted: bool) -> None:
        check = workflows.load_jobs("stage.yml")["deploy"]["steps"][0]
        environ = {"PATH": os.defpath, "STAGE": stage, "DIGEST": digest}
        command = ["bash", "-e", "-c", check["run"]]
        result = subprocess.run(command, env=environ, check=False)
        assert (result.returncode == 0) == is_accepted


class TestOrder:
    def test_prod_waits_for_dev_and_deploys_the_same_image(self) -> None:
        jobs = workflows.load_jobs("deploy.yml")
        assert jobs["dev"]["with"]["digest"] == jobs["prod"]["with"]["digest"]
        assert set(jobs["prod"]["needs"]) == {"image", "dev"}
        assert workflows.load_jobs("stage.yml")["deploy"]["environment"] == "${{ inputs.stage }}"

    def test_release_waits_for_the_gate_and_deployment_for_the_release(self) -> None:
        release = workflows.load_jobs("release.yml")
        assert (release["publish"]["needs"], release["deploy"]["needs"]) == (["version", "gate"], "publish")


def test_ci_covers_all_supported_python_versions() -> None:
    versions = workflows.load_jobs("ci.yml")["test"]["strategy"]["matrix"]["python"]
    (oldest,) = re.findall(r'requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text())
    assert versions == [oldest, "3.12", "3.13", "3.14"]


def test_docs_site_contains_the_document_that_it_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "scripts" / "build_docs_site.py"))["write"](tmp_path)
    assert (tmp_path / "openapi.json").read_bytes() == (ROOT / "openapi.json").read_bytes()
    assert "./openapi.json" in (tmp_path / "index.html").read_text()
