"""The env file holds all settings of the app, and a local run does not use the developer's own AWS account."""

import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app.settings import Settings
from devstack import environment

SETTINGS = Settings(
    region="eu-west-1",
    user_pool_id="eu-west-1_pool",
    user_pool_client_id="client",
    dwipps_table="dwipps",
    reactions_table="reactions",
    members_table="members",
    safety_table="safety",
    job_queue_url="http://127.0.0.1:4566/000000000000/jobs",
)


def test_env_file_is_read_back_as_the_same_settings(tmp_path: Path) -> None:
    path = tmp_path / "env"
    env = environment.make_variables(SETTINGS, "http://127.0.0.1:4566", "http://127.0.0.1:4567")
    environment.write(path, env)
    read = {name: value for name, value in dotenv_values(path).items() if value}
    assert read == env
    assert Settings.from_environment(read) == SETTINGS
    assert read["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:4567"
    assert read["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == "http://127.0.0.1:4566"
    assert read["AWS_ENDPOINT_URL_SQS"] == "http://127.0.0.1:4566"
    assert read["AWS_ACCESS_KEY_ID"]
    assert read["AWS_CONFIG_FILE"] == read["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert read["NO_PROXY"] == read["no_proxy"] == "127.0.0.1,localhost"


def test_env_file_is_private_even_if_it_existed(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    environment.write(path, {"NEW": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "NEW=2\n"


def test_aws_variables_and_files_are_hidden() -> None:
    shell = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "token",
        "AWS_CONFIG_FILE": "/home/kim/aws",
        "HOME": "/home/kim",
    }
    environment.hide_aws_account(shell)
    hidden = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    assert shell == hidden | {"HOME": "/home/kim"}


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "a.example"}, "a.example,127.0.0.1,localhost"),
        ({"no_proxy": "b.example"}, "b.example,127.0.0.1,localhost"),
        ({"NO_PROXY": "a.example", "no_proxy": "b.example"}, "b.example,127.0.0.1,localhost"),
    ],
)
def test_loopback_is_exempt_from_proxies(shell: dict[str, str], expected: str) -> None:
    environment.exempt_loopback_from_proxies(shell)
    assert shell == {"NO_PROXY": expected, "no_proxy": expected}


def test_shell_variables_do_not_override_the_env_file() -> None:
    shell = {"USER_POOL_ID": "another", "HOME": "/home/kim"}
    assert environment.omit(shell, {"USER_POOL_ID": "ours"}) == {"HOME": "/home/kim"}
