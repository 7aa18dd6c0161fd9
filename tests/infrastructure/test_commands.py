"""Every deployment command in comments and docs is complete: it names what the template or the Makefile requires."""

import os
import subprocess
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.infrastructure.commands import FILES, REQUIRED_VARIABLES, find_commands

# With `-o`, make treats the environments as up to date, and installs nothing.
_INSTALLED = (".venv/installed-local", ".venv/installed", "node_modules/.package-lock.json")
_UP_TO_DATE = [word for file in _INSTALLED for word in ("-o", file)]
_MIN_COMMANDS = 25
_ACCOUNT = (
    "aws cloudformation deploy --stack-name a --template-file deploy/account.yml --region eu-central-1"
    " --parameter-overrides GatewayLogs=create"
)
_ROLES = "aws cloudformation deploy --stack-name a --template-file deploy/roles.yml --region eu-central-1"


def _find_faults(text: str) -> list[str]:
    return [fault for command in find_commands(text) for fault in command.find_faults()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_documented_commands_have_no_faults(file: Path) -> None:
    assert _find_faults(file.read_text()) == []


def test_commands_of_all_forms_are_found() -> None:
    commands = [command.words for file in FILES for command in find_commands(file.read_text())]
    assert len(commands) >= _MIN_COMMANDS
    templates = {word for words in commands if words[0] == "aws" for word in words if word.endswith(".yml")}
    assert templates >= {"deploy/account.yml", "deploy/github-oidc.yml", "deploy/roles.yml", "pipeline.yml"}
    assert {words[1] for words in commands if words[0] == "make"} >= REQUIRED_VARIABLES.keys()
    assert {words[1] for words in commands if words[0] == "bash"} >= {"deploy/image.sh", "deploy/probe.sh"}


class TestSeededCommand:
    def test_name_of_a_script_is_no_command(self) -> None:
        assert list(find_commands("`deploy/image.sh`")) == []

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("#   make outputs STAGE=dev AWS_REGION=eu-central-1\n", id="comment"),
            pytest.param("```sh\nexport AWS_REGION=eu-central-1\nmake outputs STAGE=dev\n```\n", id="exported-region"),
            pytest.param("`make outputs STAGE=dev AWS_REGION=x`", id="inline"),
            pytest.param("`make outputs`", id="name"),
            pytest.param(f"```sh\n{_ACCOUNT} \\\n  --capabilities CAPABILITY_IAM\n```\n", id="continued-line"),
            pytest.param("#   AWS_REGION=x bash deploy/image.sh COMMIT VERSION\n", id="script"),
        ],
    )
    def test_complete_command_has_no_faults(self, text: str) -> None:
        assert len(list(find_commands(text))) == 1
        assert _find_faults(text) == []

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("`make deploy-all`", "make deploy-all: no such target"),
            ("`make outputs STAGE=dev`", "make outputs: no AWS_REGION"),
            ("`make deploy STAGE=dev AWS_REGION=x`", "make deploy: no IMAGE"),
            ("`make moderator EMAIL=x STAGE=dev`", "make moderator: no AWS_REGION"),
            ("`make smoke URL=x`", "make smoke: no EMAIL|USER_POOL_ID"),
            ('echo "Usage: make remove STAGE=dev"', "make remove: no AWS_REGION"),
            ("```sh\nmake outputs STAGE=dev\n```\n```sh\nexport AWS_REGION=x\n```\n", "make outputs: no AWS_REGION"),
            (f"`{_ACCOUNT}`", "deploy/account.yml: --capabilities "),
            (
                f"`{_ACCOUNT} --capabilities CAPABILITY_NAMED_IAM`",
                "deploy/account.yml: --capabilities CAPABILITY_NAMED_IAM",
            ),
            (f"#   {_ROLES} \\\n#     --capabilities CAPABILITY_NAMED_IAM\n", "deploy/roles.yml: no Stage"),
            (
                f"`{_ROLES} --capabilities CAPABILITY_NAMED_IAM --parameter-overrides Stage=dev Stages=dev`",
                "deploy/roles.yml: unknown parameter Stages",
            ),
            ("`aws cloudformation deploy --stack-name a --template-file a.yml --region x`", "no template a.yml"),
            ("`aws cloudformation deploy --stack-name a --region x`", "no template "),
            (
                f"`{_ACCOUNT.replace('--region eu-central-1', '--capabilities CAPABILITY_IAM')}`",
                "no region",
            ),
            (f"`{_ACCOUNT.replace('--stack-name a', '--capabilities CAPABILITY_IAM')}`", "no --stack-name"),
            ("`AWS_REGION=x bash deploy/image.sh COMMIT`", "deploy/image.sh: 1 arguments instead of 2"),
            ("`bash deploy/image.sh COMMIT VERSION`", "deploy/image.sh: no AWS_REGION"),
            ("`AWS_REGION=x bash deploy/imagine.sh`", "deploy/imagine.sh: no such script or subcommand"),
            ("`AWS_REGION=x deploy/stage.sh undo dev`", "deploy/stage.sh: no such script or subcommand"),
            ("`AWS_REGION=x deploy/stage.sh deploy dev`", "deploy/stage.sh: 2 arguments instead of 3"),
        ],
    )
    def test_fault_is_found(self, text: str, fault: str) -> None:
        assert _find_faults(text) == [fault]


def _make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["make", *_UP_TO_DATE, *arguments]
    environ = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("target", "missing"),
    # The smoke test itself requires the alternatives.
    [(target, name) for target, names in REQUIRED_VARIABLES.items() for name in names if "|" not in name],
)
def test_make_refuses_a_command_without_a_required_variable(target: str, missing: str) -> None:
    others = [f"{name}=dev" for name in REQUIRED_VARIABLES[target] if name != missing]
    result = _make(target, *others)
    assert (result.returncode, result.stdout.startswith(f"Usage: make {target}")) == (2, True), result.stderr
