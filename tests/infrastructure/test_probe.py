"""The probe answers whether Cognito takes the email from the username, and always deletes its pool."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devstack import clients
from devstack.paths import ROOT
from devstack.process import Service
from testkit.templates import load_template
from tests.conftest import REGION

_PROBE = ROOT / "deploy" / "probe.sh"
# A shell cannot trap a signal that is ignored when it starts, as SIGINT is in background jobs.
_COMMAND = ["env", "--default-signal=INT", "bash", str(_PROBE)]
_SETTINGS = load_template(ROOT / "deploy" / "data.yml")["Resources"]
# The AWS CLI as a Python package. It pins another botocore than MiniStack, so it cannot be in the same environment.
_AWS_CLI = ROOT / "requirements" / "aws-cli.txt"

# A fake of the AWS CLI. An environment variable named after the operation replaces its behaviour.
_FAKE_AWS = """\
#!/bin/bash
echo "$*" >> "$RECORDS/calls"
operation=$2
while (($#)); do
  [[ $1 == --username ]] && echo "$2" > "$RECORDS/address"
  shift
done
replacement=REPLACE_${operation//-/_}
if [[ -v $replacement ]]; then eval "${!replacement}"; exit; fi
case $operation in
  create-user-pool) echo pool_1 ;;
  create-user-pool-client) echo client_1 ;;
  admin-get-user) cat "$RECORDS/address" ;;
  list-user-pools) echo pool_found ;;
esac
"""
_FAIL = 'echo "An error occurred ({}) when calling" >&2; exit 254'


class Operator:
    """A person with a fake of the AWS CLI."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "aws").write_text(_FAKE_AWS)
        (folder / "aws").chmod(0o755)

    def start(self, **replacements: str) -> "subprocess.Popen[str]":
        """Start the probe. Each replacement is a command in bash, by the name of its operation."""
        environ = {"PATH": f"{self._folder}:{os.defpath}", "RECORDS": str(self._folder), "AWS_REGION": REGION}
        environ |= {f"REPLACE_{name}": command for name, command in replacements.items()}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(_COMMAND, env=environ, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, **replacements: str) -> tuple[int, str, str]:
        """Run the probe. Return its exit code, its output and its errors."""
        process = self.start(**replacements)
        output, errors = process.communicate(timeout=30)
        return process.returncode, output, errors

    def wait_for_call(self, operation: str) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if any(call.split()[1] == operation for call in self.calls):
                return
            time.sleep(0.02)
        pytest.fail(f"the probe did not call {operation}")

    @property
    def calls(self) -> list[str]:
        records = self._folder / "calls"
        return records.read_text().splitlines() if records.exists() else []

    @property
    def has_deleted_pool(self) -> bool:
        return any(call.startswith("cognito-idp delete-user-pool --user-pool-id pool_") for call in self.calls)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


class TestAnswer:
    def test_email_from_the_username_answers_yes(self, operator: Operator) -> None:
        code, output, errors = operator.run()
        assert (code, output.partition(":")[0], errors) == (0, "Yes", "")
        assert operator.has_deleted_pool

    @pytest.mark.parametrize(
        "replacement",
        [
            pytest.param({"admin_get_user": "echo"}, id="no-email"),
            pytest.param({"admin_get_user": "echo other@example.org"}, id="other-email"),
            pytest.param({"sign_up": _FAIL.format("NotAuthorizedException")}, id="refused-attribute"),
            pytest.param({"sign_up": _FAIL.format("InvalidParameterException")}, id="missing-attribute"),
        ],
    )
    def test_missing_email_or_refused_sign_up_answers_no(self, replacement: dict[str, str], operator: Operator) -> None:
        code, output, _ = operator.run(**replacement)
        assert (code, output.partition(":")[0]) == (1, "No")
        assert "WriteAttributes" in output
        assert operator.has_deleted_pool

    def test_undelivered_mail_does_not_prevent_the_answer(self, operator: Operator) -> None:
        code, output, _ = operator.run(sign_up=_FAIL.format("CodeDeliveryFailureException"))
        assert (code, output.partition(":")[0]) == (0, "Yes")

    @pytest.mark.parametrize("operation", ["create_user_pool_client", "sign_up", "admin_get_user"])
    def test_other_error_is_shown_and_no_answer(self, operation: str, operator: Operator) -> None:
        code, output, errors = operator.run(**{operation: _FAIL.format("TooManyRequestsException")})
        assert (code, output) == (2, "")
        assert "TooManyRequestsException" in errors
        assert "No answer:" in errors
        assert operator.has_deleted_pool

    def test_missing_region_calls_nothing(self, tmp_path: Path, operator: Operator) -> None:
        environ = {"PATH": f"{tmp_path}:{os.defpath}", "RECORDS": str(tmp_path)}
        result = subprocess.run(_COMMAND, env=environ, capture_output=True, text=True, check=False)
        assert result.returncode == 2
        assert "Set AWS_REGION" in result.stderr
        assert operator.calls == []


class TestCleanUp:
    @pytest.mark.parametrize(("signal_number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_interrupted_probe_deletes_its_pool(self, signal_number: int, code: int, operator: Operator) -> None:
        process = operator.start(sign_up="sleep 30")
        operator.wait_for_call("sign-up")
        os.killpg(process.pid, signal_number)
        process.communicate(timeout=20)
        assert process.returncode == code
        assert operator.has_deleted_pool

    def test_pool_of_an_interrupted_creation_is_found_by_name(self, operator: Operator) -> None:
        process = operator.start(create_user_pool="sleep 30")
        operator.wait_for_call("create-user-pool")
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 143
        assert operator.calls[-1].startswith("cognito-idp delete-user-pool --user-pool-id pool_found")

    def test_pool_that_was_not_created_is_not_deleted(self, operator: Operator) -> None:
        code, _, errors = operator.run(create_user_pool=_FAIL.format("AccessDeniedException"), list_user_pools="echo")
        assert code == 2
        assert "AccessDeniedException" in errors
        assert not operator.has_deleted_pool

    def test_failed_deletion_prints_the_command(self, operator: Operator) -> None:
        code, output, errors = operator.run(delete_user_pool=_FAIL.format("InternalErrorException"))
        assert (code, output.partition(":")[0]) == (2, "Yes")
        assert f"aws cognito-idp delete-user-pool --user-pool-id pool_1 --region {REGION}" in errors

    def test_failed_search_prints_the_commands(self, operator: Operator) -> None:
        fails = _FAIL.format("InternalErrorException")
        code, _, errors = operator.run(create_user_pool=fails, list_user_pools=fails)
        assert code == 2
        assert re.search(r"list-user-pools .*UserPools\[\?Name=='dwipper-probe-[\d-]+'\]", errors)


def test_probe_has_the_settings_of_the_template() -> None:
    probe = re.sub(r"\s*\\\n\s*", " ", _PROBE.read_text())
    pool, client = _SETTINGS["UserPool"]["Properties"], _SETTINGS["UserPoolClient"]["Properties"]
    password = ",".join(f"{name}={str(value).lower()}" for name, value in pool["Policies"]["PasswordPolicy"].items())
    updates = pool["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"]
    (create_pool,) = re.findall(r"create-user-pool --.*", probe)
    for option in (
        f"--user-pool-tier {pool['UserPoolTier']}",
        f"--username-attributes {' '.join(pool['UsernameAttributes'])}",
        f"--username-configuration CaseSensitive={str(pool['UsernameConfiguration']['CaseSensitive']).lower()}",
        f"--auto-verified-attributes {' '.join(pool['AutoVerifiedAttributes'])}",
        f"--user-attribute-update-settings AttributesRequireVerificationBeforeUpdate={','.join(updates)}",
        f'--policies "PasswordPolicy={{{password}}}"',
    ):
        assert f"{option} " in create_pool
    (create_client,) = re.findall(r"create-user-pool-client --.*", probe)
    for option in (
        "--generate-secret" if client["GenerateSecret"] else "--no-generate-secret",
        f"--explicit-auth-flows {' '.join(client['ExplicitAuthFlows'])}",
        f"--prevent-user-existence-errors {client['PreventUserExistenceErrors']}",
        f"--write-attributes {' '.join(client['WriteAttributes'])}",
    ):
        assert f" {option} " in create_client


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_real_command_line_gets_yes_from_the_embedded_aws(embedded: Service, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(packages), "--requirement", str(_AWS_CLI)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options], check=True)
    (tmp_path / "aws").write_text(f'#!/bin/sh\nexec env PYTHONPATH="{packages}" "{sys.executable}" -m awscli "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    credentials = {"AWS_ACCESS_KEY_ID": clients.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY}
    location = {"AWS_ENDPOINT_URL": embedded.endpoint, "AWS_REGION": REGION}
    environ = os.environ | credentials | location | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run(_COMMAND, env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.partition(":")[0]) == (0, "Yes"), result.stderr
    pools = clients.cognito_client(embedded.endpoint, REGION).list_user_pools(MaxResults=60)["UserPools"]
    assert [pool["Name"] for pool in pools if pool["Name"].startswith("dwipper-probe-")] == []
