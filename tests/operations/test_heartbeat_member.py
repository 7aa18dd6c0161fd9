"""`make heartbeat` creates the member of a stage, with which the heartbeat logs in to the real API."""

import dataclasses
import json
import os
import subprocess
import sys
import uuid
from typing import Any

import boto3
import pytest

from app.main import configure, create_app
from app.worker_bootstrap import build_heartbeat
from devstack import clients, stack
from devstack.paths import ROOT
from devstack.process import Service
from testkit.ports import find_free_port
from testkit.uvicorn_server import serve
from tests.conftest import REGION
from tests.unit.observability.test_json_logging import capture_log


class Operator:
    """An operator of a new stage, with its user pool and its secret."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint, self.stage = endpoint, f"s{uuid.uuid4().hex[:10]}"
        self.settings = stack.deploy(endpoint, REGION, name=f"dwipper-{self.stage}-data")
        self.arn = stack.read_output(endpoint, REGION, "HeartbeatSecret", name=f"dwipper-{self.stage}-data")
        self._cognito = clients.cognito_client(endpoint, REGION)
        self._secrets: Any = boto3.client("secretsmanager", region_name=REGION, endpoint_url=endpoint)

    def run(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run the command of the Makefile."""
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        result = subprocess.run(
            [sys.executable, "-m", "scripts.heartbeat_member", *arguments],
            cwd=ROOT,
            env=os.environ | credentials | {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION} | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr

    def read_secret(self) -> dict[str, str]:
        secret: dict[str, str] = json.loads(self._secrets.get_secret_value(SecretId=self.arn)["SecretString"])
        return secret

    def list_users(self) -> list[Any]:
        return [*self._cognito.list_users(UserPoolId=self.settings.user_pool_id)["Users"]]

    def change_password(self) -> None:
        self._cognito.admin_set_user_password(
            UserPoolId=self.settings.user_pool_id,
            Username=self.read_secret()["email"],
            Password="another password",
            Permanent=True,
        )


@pytest.fixture
def operator(embedded: Service) -> Operator:
    return Operator(embedded.endpoint)


def test_created_member_gets_no_mail_and_a_random_email(operator: Operator) -> None:
    password = operator.read_secret()["password"]
    code, output = operator.run(operator.stage)
    assert code == 0, output
    secret = operator.read_secret()
    assert secret.keys() == {"email", "password"}
    assert (secret["password"], secret["email"].endswith("@dwipper.invalid")) == (password, True)
    (user,) = operator.list_users()
    assert user["UserStatus"] == "CONFIRMED"
    assert password not in output


def test_second_run_repairs_the_password(operator: Operator) -> None:
    operator.run(operator.stage)
    secret = operator.read_secret()
    operator.change_password()
    code, output = operator.run(operator.stage)
    assert code == 0, output
    assert (operator.read_secret(), len(operator.list_users())) == (secret, 1)


def test_heartbeat_logs_in_and_reads_with_the_member(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", operator.endpoint)
    lines = capture_log(monkeypatch)
    configure(app := create_app(), operator.settings)
    with serve(app) as port:
        settings = dataclasses.replace(
            operator.settings, heartbeat_url=f"http://127.0.0.1:{port}", heartbeat_secret_arn=operator.arn
        )
        heartbeat = build_heartbeat(settings)
        heartbeat.beat("before")
        operator.run(operator.stage)
        heartbeat.beat("after")
        operator.change_password()
        heartbeat.beat("later")
    beats = [(line["health"], line["login"]) for line in lines() if line["message"] == "heartbeat"]
    assert beats == [("ok", "not-set-up"), ("ok", "ok"), ("ok", "401")]


def test_unknown_stage_is_an_error(operator: Operator) -> None:
    code, output = operator.run("nowhere")
    assert (code, output.startswith("There is no stage nowhere in ")) == (1, True)


def test_unreachable_aws_is_an_error(operator: Operator) -> None:
    unreachable = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{find_free_port()}", "AWS_MAX_ATTEMPTS": "1"}
    code, output = operator.run(operator.stage, **unreachable)
    assert (code, output.startswith("AWS cannot be called: ")) == (1, True)


@pytest.mark.parametrize("arguments", [(), ("",), ("dev", "prod")])
def test_wrong_use_is_an_error_with_the_usage(arguments: tuple[str, ...], operator: Operator) -> None:
    code, output = operator.run(*arguments)
    assert (code, output.startswith("Usage: ")) == (2, True)
