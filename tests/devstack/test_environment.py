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


def test_the_app_reads_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "env"
    variables = environment.variables(SETTINGS, "http://127.0.0.1:4566", "http://127.0.0.1:4567")
    environment.write(path, variables)
    read = {name: value for name, value in dotenv_values(path).items() if value}
    assert read == variables
    assert Settings.from_environment(read) == SETTINGS
    assert read["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:4567"
    assert read["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == "http://127.0.0.1:4566"
    assert read["AWS_ACCESS_KEY_ID"]


def test_nobody_else_may_read_it_whatever_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    environment.write(path, {"NEW": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "NEW=2\n"


def test_the_developers_own_amazon_is_forgotten() -> None:
    shell = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "token", "HOME": "/home/kim"}
    environment.forget_amazon(shell)
    assert shell == {"HOME": "/home/kim"}


def test_a_variable_of_the_shell_does_not_win_over_the_file() -> None:
    shell = {"USER_POOL_ID": "another", "HOME": "/home/kim"}
    assert environment.without(shell, {"USER_POOL_ID": "ours"}) == {"HOME": "/home/kim"}
