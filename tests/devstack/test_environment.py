"""The env file holds all settings of the app, and a local run does not use the developer's own AWS account."""

import stat
from pathlib import Path

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
    assert read["AWS_ACCESS_KEY_ID"]


def test_env_file_is_private_even_if_it_existed(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    environment.write(path, {"NEW": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "NEW=2\n"


def test_aws_variables_are_removed() -> None:
    shell = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "token", "HOME": "/home/kim"}
    environment.remove_aws_variables(shell)
    assert shell == {"HOME": "/home/kim"}


def test_shell_variables_do_not_override_the_env_file() -> None:
    shell = {"USER_POOL_ID": "another", "HOME": "/home/kim"}
    assert environment.omit(shell, {"USER_POOL_ID": "ours"}) == {"HOME": "/home/kim"}
