"""The options come from the environment, and an invalid value is an error that names its variable."""

import pytest

from devstack.errors import LocalError
from devstack.options import Options


def test_empty_environment_means_the_defaults() -> None:
    options = Options.from_environment({})
    assert (options.port, options.aws_port, options.region) == (8000, 4566, "us-east-1")
    assert options.state_folder.name == ".local"
    assert (options.state_folder.parent / "pyproject.toml").exists()
    assert not options.reload
    assert options.app_variables == {}


def test_variables_override_the_defaults() -> None:
    environment = {"PORT": "8001", "AWS_PORT": "4600", "AWS_REGION": "eu-west-1", "RELOAD": "1"}
    app_variables = {"LOG_LEVEL": "DEBUG", "FEED_SHARDS": "2", "FEED_CACHE_SECONDS": "0.5", "LIMIT_DWIPPS_HOUR": "0"}
    options = Options.from_environment(environment | app_variables)
    assert (options.port, options.aws_port, options.region) == (8001, 4600, "eu-west-1")
    assert options.reload
    assert options.app_variables == app_variables


def test_command_keeps_all_variables_that_were_given() -> None:
    environment = {"AWS_PORT": "4600", "ENGINE": "dynamodb-local", "RELOAD": "1", "LOG_LEVEL": "DEBUG", "HOME": "/"}
    options = Options.from_environment(environment | {"LOCAL_DIR": "my data", "PORT": ""})
    expected = "make run AWS_PORT=4600 ENGINE=dynamodb-local RELOAD=1 LOCAL_DIR='my data' LOG_LEVEL=DEBUG PORT=8001"
    assert options.make_command("run", PORT=8001) == expected
    assert " AWS_PORT=4601 " in options.make_command("run", AWS_PORT=4601)


def test_dynamodb_local_uses_a_second_port() -> None:
    assert Options.from_environment({"AWS_PORT": "4600"}).aws_ports == (4600,)
    options = Options.from_environment({"AWS_PORT": "4600", "ENGINE": "dynamodb-local"})
    assert options.aws_ports == (4600, 4601)


def test_each_deployed_function_has_a_port_after_that_of_the_embedded_aws() -> None:
    assert Options.from_environment({"AWS_PORT": "65533"}).function_ports == (65534, 65535)


@pytest.mark.parametrize(
    "value",
    ["0", "65534", "-1", "http", "8000 ", "²"],
    ids=["zero", "above-maximum", "negative", "word", "trailing-space", "superscript-digit"],
)
def test_invalid_port_is_an_error_that_names_the_variable(value: str) -> None:
    with pytest.raises(LocalError, match=r"^PORT must be a port"):
        Options.from_environment({"PORT": value})


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(LocalError, match=r"ministack, dynamodb-local\.$"):
        Options.from_environment({"ENGINE": "cassandra"})
