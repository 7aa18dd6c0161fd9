"""`make moderator` adds and removes moderators, locally and in a stage, and explains each failure."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from app.auth.groups import MODERATORS
from app.settings import Settings
from devstack import clients, environment, stack
from devstack.paths import ROOT
from devstack.process import Service
from testkit.ports import find_free_port
from testkit.terminal import UNREACHABLE_PROXY
from tests.conftest import REGION

EMAIL = "kay@example.org"


class Operator:
    """An operator with a state folder of `make run`, and members in its user pool."""

    def __init__(self, endpoint: str, folder: Path, settings: Settings) -> None:
        self._folder, self._settings, self._endpoint = folder, settings, endpoint
        self._cognito = clients.cognito_client(endpoint, settings.region)

    def start(self, endpoint: str | None = None) -> None:
        """Write the env file as `make run` does."""
        endpoint = endpoint or self._endpoint
        environment.write(self._folder / "env", environment.make_variables(self._settings, endpoint, endpoint))

    def sign_up(self, *, is_confirmed: bool = True) -> None:
        client_id = self._settings.user_pool_client_id
        self._cognito.sign_up(ClientId=client_id, Username=EMAIL, Password="correct horse")
        if is_confirmed:
            self._cognito.admin_confirm_sign_up(UserPoolId=self._settings.user_pool_id, Username=EMAIL)

    def disable(self) -> None:
        self._cognito.admin_disable_user(UserPoolId=self._settings.user_pool_id, Username=EMAIL)

    def delete_group(self) -> None:
        self._cognito.delete_group(UserPoolId=self._settings.user_pool_id, GroupName=MODERATORS)

    def list_groups(self) -> list[str]:
        pool_id = self._settings.user_pool_id
        groups = self._cognito.admin_list_groups_for_user(UserPoolId=pool_id, Username=EMAIL)["Groups"]
        return [group["GroupName"] for group in groups]

    def run(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run the command of the Makefile. By default, the environment has an unusable AWS profile and proxy."""
        shell = {"LOCAL_DIR": str(self._folder)}
        variables = variables or {"AWS_PROFILE": "not-ours", **UNREACHABLE_PROXY}
        result = subprocess.run(
            [sys.executable, "-m", "scripts.moderators", *arguments],
            cwd=ROOT,
            env=os.environ | shell | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr


@pytest.fixture
def operator(embedded: Service, settings: Settings, tmp_path: Path) -> Operator:
    return Operator(embedded.endpoint, tmp_path, settings)


def _stage_variables(endpoint: str) -> dict[str, str]:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, **credentials}


class TestLocally:
    def test_member_is_added_and_removed(self, operator: Operator) -> None:
        operator.start()
        operator.sign_up()
        for email in (EMAIL, f" {EMAIL.upper()} "):
            code, output = operator.run("add", email, "")
            assert (code, operator.list_groups()) == (0, [MODERATORS])
            assert output.startswith(f"{EMAIL} is a moderator from the next login or refresh on.")
        for _ in range(2):
            code, output = operator.run("remove", EMAIL)
            assert (code, operator.list_groups()) == (0, [])
            assert "for at most 15 minutes" in output

    def test_unknown_email_is_an_error(self, operator: Operator) -> None:
        operator.start()
        for command in ("add", "remove"):
            assert operator.run(command, EMAIL, "") == (1, f"No member has the email {EMAIL}.\n")

    def test_unconfirmed_member_is_an_error(self, operator: Operator) -> None:
        operator.start()
        operator.sign_up(is_confirmed=False)
        code, output = operator.run("add", EMAIL, "")
        assert (code, output.startswith(f"The account {EMAIL} is not confirmed.")) == (1, True)
        assert operator.list_groups() == []

    def test_account_in_deletion_is_an_error(self, operator: Operator) -> None:
        operator.start()
        operator.sign_up()
        operator.disable()
        assert operator.run("add", EMAIL) == (1, f"The account {EMAIL} is disabled: it is being deleted.\n")
        assert operator.list_groups() == []

    def test_pool_without_the_group_is_an_error(self, operator: Operator) -> None:
        operator.start()
        operator.sign_up()
        operator.delete_group()
        code, output = operator.run("add", EMAIL)
        assert (code, output.startswith("The user pool has no group `moderators`: ")) == (1, True)

    def test_never_started_aws_is_an_error(self, operator: Operator) -> None:
        code, output = operator.run("add", EMAIL, "")
        assert (code, output.startswith("Nothing is running: start `make run` first")) == (1, True)

    @pytest.mark.slow
    def test_stopped_aws_is_an_error(self, operator: Operator) -> None:
        operator.start(f"http://127.0.0.1:{find_free_port()}")
        code, output = operator.run("add", EMAIL, "", AWS_MAX_ATTEMPTS="1", **UNREACHABLE_PROXY)
        assert (code, output.startswith("Nothing is running: start `make run` first")) == (1, True)

    @pytest.mark.parametrize("arguments", [(), ("add",), ("add", " "), ("promote", EMAIL), ("add", EMAIL, "", "x")])
    def test_wrong_use_is_an_error_with_the_usage(self, arguments: tuple[str, ...], operator: Operator) -> None:
        code, output = operator.run(*arguments)
        assert (code, output.startswith("Usage: ")) == (2, True)


class TestStage:
    def test_member_of_a_stage_is_added_and_removed(self, embedded: Service, tmp_path: Path) -> None:
        stage = f"s{uuid.uuid4().hex[:10]}"
        settings = stack.deploy(embedded.endpoint, REGION, name=f"dwipper-{stage}-data")
        operator = Operator(embedded.endpoint, tmp_path, settings)
        operator.sign_up()
        variables = _stage_variables(embedded.endpoint)
        code, output = operator.run("add", EMAIL, stage, **variables)
        assert (code, operator.list_groups()) == (0, [MODERATORS]), output
        code, output = operator.run("remove", EMAIL, stage, **variables)
        assert (code, operator.list_groups()) == (0, []), output

    def test_unknown_stage_is_an_error(self, embedded: Service, operator: Operator) -> None:
        result = operator.run("add", EMAIL, "nowhere", **_stage_variables(embedded.endpoint))
        assert result == (1, f"There is no stage nowhere in {REGION}.\n")

    def test_unreachable_aws_is_an_error(self, operator: Operator) -> None:
        variables = _stage_variables(f"http://127.0.0.1:{find_free_port()}") | {"AWS_MAX_ATTEMPTS": "1"}
        code, output = operator.run("add", EMAIL, "dev", **variables)
        assert (code, output.startswith("AWS cannot be called: ")) == (1, True)
