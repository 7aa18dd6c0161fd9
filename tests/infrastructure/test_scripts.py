"""What pipelines run, told by what it calls: `aws`, `docker` and `make` are stand-ins, and note how they are called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.api import ROOT
from tests.infrastructure import linters

_DIGEST = "sha256:" + "0123456789abcdef" * 4
_REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"

# A stand-in notes its call, and answers by the first line of `answers` that begins a part of it.
_STAND_IN = """\
#!/bin/bash
echo "$(basename "$0") $*" >> "$NOTES/calls"
while IFS='|' read -r part code answer; do
  if [[ "$*" == *"$part"* ]]; then
    if ((code)); then echo "$answer" >&2; else echo "$answer"; fi
    exit "$code"
  fi
done < "$NOTES/answers"
"""


class Machine:
    """A machine on which nothing is there but the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers = ["get-caller-identity|0|123456789012"]
        for name in ("aws", "docker", "make"):
            (folder / name).write_text(_STAND_IN)
            (folder / name).chmod(0o755)

    def answer(self, part: str, answer: str, code: int = 0) -> None:
        """What a call is answered that has this in its words."""
        self._answers.insert(0, f"{part}|{code}|{answer}")

    def push(self, digest: str) -> None:
        """What ECR answers once something was pushed."""
        line = f'sed -i "1i describe-images|0|{digest}" "$NOTES/answers"'
        (self._folder / "docker").write_text(_STAND_IN.replace("while", f'[[ "$1" == push ]] && {line}\nwhile', 1))

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of our scripts, as a pipeline does."""
        (self._folder / "answers").write_text("\n".join(self._answers) + "\n")
        told = {
            "PATH": os.pathsep.join([str(self._folder), str(Path(sys.executable).parent), os.defpath]),
            "NOTES": str(self._folder),
            "AWS_REGION": "eu-central-1",
        }
        words = ["bash", str(ROOT / "deploy" / script), *arguments]
        return subprocess.run(words, env=told, capture_output=True, text=True, check=False)

    @property
    def calls(self) -> list[str]:
        """How the stand-ins were called."""
        notes = self._folder / "calls"
        return notes.read_text().splitlines() if notes.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestImage:
    def test_it_is_built_as_lambda_takes_it_and_pushed(self, machine: Machine) -> None:
        machine.answer("describe-images", "An error occurred (ImageNotFoundException)", 254)
        machine.push(_DIGEST)
        done = machine.run("image.sh", "a-tag", "v1.2.3")
        assert (done.returncode, done.stdout) == (0, f"{_DIGEST}\n")
        (build,) = [call for call in machine.calls if call.startswith("docker buildx build")]
        assert "--platform linux/arm64 --provenance=false" in build
        assert f"--tag {_REGISTRY}/dwipper:a-tag --load" in build
        steps = [call.split()[1] for call in machine.calls if call.startswith("docker")]
        assert steps == ["login", "buildx", "run", "push"], "it is tried before it is pushed"
        assert "VERSION=v1.2.3" in build

    def test_it_is_not_built_again(self, machine: Machine) -> None:
        machine.answer("describe-images", _DIGEST)
        done = machine.run("image.sh", "a-tag", "v1.2.3")
        assert (done.returncode, done.stdout) == (0, f"{_DIGEST}\n")
        assert [call for call in machine.calls if call.startswith("docker")] == []

    def test_it_is_not_built_where_ecr_cannot_say_whether_it_is_there(self, machine: Machine) -> None:
        machine.answer("describe-images", "An error occurred (AccessDeniedException)", 254)
        done = machine.run("image.sh", "a-tag", "v1.2.3")
        assert done.returncode != 0
        assert "AccessDeniedException" in done.stderr
        assert [call for call in machine.calls if call.startswith("docker")] == []


class TestStage:
    def test_live_is_the_digest_that_the_function_runs_and_the_commit_that_it_is_of(self, machine: Machine) -> None:
        machine.answer("get-function --function-name dwipper-dev-api", f"{_REGISTRY}/dwipper@{_DIGEST}")
        machine.answer(f"describe-images --repository-name dwipper --image-ids imageDigest={_DIGEST}", "0a1b2c3d")
        assert machine.run("stage.sh", "live", "dev").stdout == f"{_DIGEST} 0a1b2c3d\n"

    def test_nothing_is_live_before_the_first_deployment(self, machine: Machine) -> None:
        machine.answer("get-function", "An error occurred (ResourceNotFoundException)", 254)
        done = machine.run("stage.sh", "live", "dev")
        assert (done.returncode, done.stdout) == (0, "")

    def test_what_is_live_is_not_guessed(self, machine: Machine) -> None:
        machine.answer("get-function", "An error occurred (AccessDeniedException)", 254)
        done = machine.run("stage.sh", "live", "dev")
        assert done.returncode != 0
        assert "AccessDeniedException" in done.stderr

    def test_it_deploys_the_image_by_its_digest(self, machine: Machine) -> None:
        assert machine.run("stage.sh", "deploy", "prod", _DIGEST).returncode == 0
        assert machine.calls[-1] == f"make deploy STAGE=prod IMAGE={_REGISTRY}/dwipper@{_DIGEST}"

    @pytest.mark.parametrize(
        ("stage", "digest"),
        [("dev", "latest"), ("dev", f"{_DIGEST} X=1"), ("dev", f"{_DIGEST}\n"), ("dev", ""), ("test", _DIGEST)],
    )
    def test_it_deploys_nothing_else(self, stage: str, digest: str, machine: Machine) -> None:
        assert machine.run("stage.sh", "deploy", stage, digest).returncode != 0
        assert machine.calls == []

    def test_it_tries_what_the_stack_says_is_there(self, machine: Machine) -> None:
        machine.answer("outputs", '{"ApiUrl": "https://a.example/dev", "UserPoolId": "eu-central-1_a"}')
        done = machine.run("stage.sh", "smoke", "dev")
        assert (done.returncode, done.stderr) == (0, "")
        assert machine.calls[-1] == "make smoke URL=https://a.example/dev USER_POOL_ID=eu-central-1_a"

    def test_a_stack_that_says_nothing_is_not_tried(self, machine: Machine) -> None:
        machine.answer("outputs", "{}")
        assert machine.run("stage.sh", "smoke", "dev").returncode != 0
        assert len(machine.calls) == 1

    def test_a_failed_smoke_test_fails(self, machine: Machine) -> None:
        machine.answer("outputs", '{"ApiUrl": "https://a.example/dev", "UserPoolId": "eu-central-1_a"}')
        machine.answer("smoke", "502", 2)
        assert machine.run("stage.sh", "smoke", "dev").returncode != 0


# Runs here what would run in the image: its Python's code, with its environment and no other.
_HERE = """\
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


def _checked(tmp_path: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    docker = tmp_path / "docker"
    docker.write_text(_HERE)
    docker.chmod(0o755)
    told = {"PATH": f"{tmp_path}:{os.defpath}", "PYTHON": sys.executable, "FOLDER": str(folder)}
    words = ["bash", str(ROOT / "deploy" / "check-image.sh"), "an-image"]
    return subprocess.run(words, env=told, capture_output=True, text=True, check=False)


def test_an_image_that_answers_passes(tmp_path: Path) -> None:
    done = _checked(tmp_path, ROOT)
    assert done.returncode == 0, done.stderr
    assert '"status":"ok"' in done.stdout


def test_an_image_without_the_app_does_not(tmp_path: Path) -> None:
    assert _checked(tmp_path, tmp_path).returncode != 0


@pytest.mark.slow
def test_shellcheck_finds_nothing() -> None:
    assert linters.shellcheck(*sorted((ROOT / "deploy").glob("*.sh"))) == ""
