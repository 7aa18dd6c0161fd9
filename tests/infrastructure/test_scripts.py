"""The scripts of the pipelines call `aws`, `docker` and `make` with the right arguments, which fakes record."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.infrastructure import linters
from tests.infrastructure.fake_machine import FakeMachine

_DIGEST = "sha256:" + "0123456789abcdef" * 4
_REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


class TestImage:
    def test_missing_image_is_built_checked_and_pushed(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", "An error occurred (ImageNotFoundException)", 254)
        machine.set_digest_after_push(_DIGEST)
        result = machine.run("image.sh", "a-tag", "v1.2.3")
        assert (result.returncode, result.stdout) == (0, f"{_DIGEST}\n")
        (build,) = [call for call in machine.calls if call.startswith("docker buildx build")]
        assert "--platform linux/arm64 --provenance=false" in build
        assert f"--tag {_REGISTRY}/dwipper:a-tag --load" in build
        steps = [call.split()[1] for call in machine.calls if call.startswith("docker")]
        assert steps == ["login", "buildx", "run", "push"], "the image was not checked between the build and the push"
        assert "VERSION=v1.2.3" in build

    def test_image_for_x86_has_its_platform_and_a_tag_of_its_own(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", "An error occurred (ImageNotFoundException)", 254)
        machine.set_digest_after_push(_DIGEST)
        result = machine.run("image.sh", "a-tag", "v1.2.3", ARCHITECTURE="x86_64")
        assert (result.returncode, result.stdout) == (0, f"{_DIGEST}\n")
        (build,) = [call for call in machine.calls if call.startswith("docker buildx build")]
        assert "--platform linux/amd64 " in build
        assert f"--tag {_REGISTRY}/dwipper:a-tag-x86_64 --load" in build
        assert all("imageTag=a-tag-x86_64" in call for call in machine.calls if "imageTag=" in call)

    def test_unset_variable_of_github_builds_for_arm(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", _DIGEST)
        assert machine.run("image.sh", "a-tag", "v1.2.3", ARCHITECTURE="").returncode == 0
        assert all("imageTag=a-tag " in f"{call} " for call in machine.calls if "imageTag=" in call)

    def test_unknown_architecture_calls_nothing(self, machine: FakeMachine) -> None:
        assert machine.run("image.sh", "a-tag", "v1.2.3", ARCHITECTURE="arm").returncode == 2
        assert machine.calls == []

    def test_severe_finding_hides_the_digest(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", _DIGEST)
        machine.set_response("imageScanFindings", "CVE-2099-1")
        result = machine.run("image.sh", "a-tag", "v1.2.3")
        assert (result.returncode, result.stdout) == (1, "")
        assert "CVE-2099-1" in result.stderr

    def test_existing_image_is_not_built_again(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", _DIGEST)
        result = machine.run("image.sh", "a-tag", "v1.2.3")
        assert (result.returncode, result.stdout) == (0, f"{_DIGEST}\n")
        assert [call for call in machine.calls if call.startswith("docker")] == []

    def test_error_of_ecr_fails_the_script_without_a_build(self, machine: FakeMachine) -> None:
        machine.set_response("describe-images", "An error occurred (AccessDeniedException)", 254)
        result = machine.run("image.sh", "a-tag", "v1.2.3")
        assert result.returncode != 0
        assert "AccessDeniedException" in result.stderr
        assert [call for call in machine.calls if call.startswith("docker")] == []


class TestStageLive:
    def test_prints_digest_and_commit_of_the_current_image(self, machine: FakeMachine) -> None:
        machine.set_response("get-function --function-name dwipper-dev-api", f"{_REGISTRY}/dwipper@{_DIGEST}")
        machine.set_response(f"describe-images --repository-name dwipper --image-ids imageDigest={_DIGEST}", "0a1b2c3d")
        assert machine.run("stage.sh", "live", "dev").stdout == f"{_DIGEST} 0a1b2c3d\n"

    def test_prints_the_commit_of_an_image_for_x86(self, machine: FakeMachine) -> None:
        machine.set_response("get-function", f"{_REGISTRY}/dwipper@{_DIGEST}")
        machine.set_response("describe-images", "0a1b2c3d-x86_64")
        assert machine.run("stage.sh", "live", "dev").stdout == f"{_DIGEST} 0a1b2c3d\n"

    def test_prints_nothing_before_the_first_deployment(self, machine: FakeMachine) -> None:
        machine.set_response("get-function", "An error occurred (ResourceNotFoundException)", 254)
        result = machine.run("stage.sh", "live", "dev")
        assert (result.returncode, result.stdout) == (0, "")

    def test_other_error_of_lambda_fails_the_script(self, machine: FakeMachine) -> None:
        machine.set_response("get-function", "An error occurred (AccessDeniedException)", 254)
        result = machine.run("stage.sh", "live", "dev")
        assert result.returncode != 0
        assert "AccessDeniedException" in result.stderr


class TestStageDeploy:
    def test_image_is_deployed_by_digest(self, machine: FakeMachine) -> None:
        assert machine.run("stage.sh", "deploy", "prod", _DIGEST).returncode == 0
        assert machine.calls[-1] == f"make deploy STAGE=prod IMAGE={_REGISTRY}/dwipper@{_DIGEST}"

    def test_canary_is_the_default_without_an_alarm(self, machine: FakeMachine) -> None:
        result = machine.run("stage.sh", "deploy", "prod", _DIGEST)
        assert (result.returncode, result.stderr, machine.read_release()) == (0, "", "")

    def test_raised_alarm_selects_a_release_at_once(self, machine: FakeMachine) -> None:
        machine.set_response("describe-alarms", "dwipper-prod-server-errors")
        result = machine.run("stage.sh", "deploy", "prod", _DIGEST)
        assert (result.returncode, machine.read_release()) == (0, "at-once")
        assert "dwipper-prod-server-errors" in result.stderr
        (call,) = [call for call in machine.calls if "describe-alarms" in call]
        assert "--state-value ALARM" in call
        assert " --alarm-names dwipper-prod-function-errors dwipper-prod-server-errors " in call

    def test_selected_release_is_not_replaced(self, machine: FakeMachine) -> None:
        machine.set_response("describe-alarms", "dwipper-prod-server-errors")
        machine.run("stage.sh", "deploy", "prod", _DIGEST, RELEASE="canary")
        assert machine.read_release() == "canary"

    def test_older_image_is_released_at_once(self, machine: FakeMachine) -> None:
        current = "sha256:" + "f" * 64
        machine.set_response("get-function", f"{_REGISTRY}/dwipper@{current}")
        machine.set_response("imagePushedAt", current)
        result = machine.run("stage.sh", "deploy", "prod", _DIGEST)
        assert (result.returncode, machine.read_release()) == (0, "at-once")
        assert "the current image is newer" in result.stderr
        (call,) = [call for call in machine.calls if "imagePushedAt" in call]
        assert f"--image-ids imageDigest={current} imageDigest={_DIGEST} " in call

    def test_newer_image_is_released_by_the_default(self, machine: FakeMachine) -> None:
        machine.set_response("get-function", f"{_REGISTRY}/dwipper@sha256:{'f' * 64}")
        machine.set_response("imagePushedAt", _DIGEST)
        assert machine.run("stage.sh", "deploy", "prod", _DIGEST).returncode == 0
        assert machine.read_release() == ""

    def test_unreadable_alarms_do_not_prevent_the_deployment(self, machine: FakeMachine) -> None:
        machine.set_response("describe-alarms", "An error occurred (AccessDeniedException)", 254)
        result = machine.run("stage.sh", "deploy", "prod", _DIGEST)
        assert (result.returncode, machine.read_release()) == (0, "")
        assert "AccessDeniedException" in result.stderr

    @pytest.mark.parametrize(
        ("stage", "digest"),
        [
            pytest.param("dev", "latest", id="tag"),
            pytest.param("dev", f"{_DIGEST} X=1", id="appended-variable"),
            pytest.param("dev", f"{_DIGEST}\n", id="trailing-newline"),
            pytest.param("dev", "", id="empty-digest"),
            pytest.param("test", _DIGEST, id="unknown-stage"),
        ],
    )
    def test_invalid_stage_or_digest_deploys_nothing(self, stage: str, digest: str, machine: FakeMachine) -> None:
        assert machine.run("stage.sh", "deploy", stage, digest).returncode != 0
        assert machine.calls == []


class TestStageSmoke:
    _OUTPUTS = '{"ApiUrl": "https://a.example/dev", "UserPoolId": "eu-central-1_a"}'

    def test_smoke_test_uses_the_outputs_of_the_stack(self, machine: FakeMachine) -> None:
        machine.set_response("outputs", self._OUTPUTS)
        result = machine.run("stage.sh", "smoke", "dev")
        assert (result.returncode, result.stderr) == (0, "")
        assert machine.calls[-1] == "make smoke URL=https://a.example/dev USER_POOL_ID=eu-central-1_a"

    def test_stack_without_outputs_fails_before_the_smoke_test(self, machine: FakeMachine) -> None:
        machine.set_response("outputs", "{}")
        assert machine.run("stage.sh", "smoke", "dev").returncode != 0
        assert len(machine.calls) == 1

    def test_failed_smoke_test_fails_the_script(self, machine: FakeMachine) -> None:
        machine.set_response("outputs", self._OUTPUTS)
        machine.set_response("smoke", "502", 2)
        assert machine.run("stage.sh", "smoke", "dev").returncode != 0


# A fake of docker that runs the Python code of `docker run` on this machine, with only the variables of its options.
_FAKE_DOCKER = """\
#!/bin/bash
environment=()
while (($#)); do
  case $1 in
    --env) environment+=("$2"); shift ;;
    -c) code=$2; shift ;;
  esac
  shift
done
cd "$FOLDER" && exec env -i "${environment[@]}" "$PYTHON" -c "$code"
"""


def _check_image(tmp_path: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run check-image.sh on a fake image, whose working directory is a folder of this machine."""
    docker = tmp_path / "docker"
    docker.write_text(_FAKE_DOCKER)
    docker.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.defpath}", "PYTHON": sys.executable, "FOLDER": str(folder)}
    command = ["bash", str(ROOT / "deploy" / "check-image.sh"), "an-image"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


class TestCheckImage:
    def test_image_with_the_app_passes(self, tmp_path: Path) -> None:
        result = _check_image(tmp_path, ROOT)
        assert result.returncode == 0, result.stderr
        assert '"status":"ok"' in result.stdout

    def test_image_without_the_app_fails(self, tmp_path: Path) -> None:
        assert _check_image(tmp_path, tmp_path).returncode != 0


@pytest.mark.slow
def test_shellcheck_has_no_findings() -> None:
    assert linters.run_shellcheck(*sorted((ROOT / "deploy").glob("*.sh"))) == ""
