import pytest

from devstack.errors import LocalError
from devstack.options import Options


def test_without_a_choice_the_defaults_hold() -> None:
    options = Options.from_environment({})
    assert (options.port, options.aws_port, options.region) == (8000, 4566, "us-east-1")
    assert options.home.name == ".local"
    assert (options.home.parent / "pyproject.toml").exists()
    assert not options.reload
    assert options.passed_on == {}


def test_choices_are_taken() -> None:
    environment = {"PORT": "8001", "AWS_PORT": "4600", "AWS_REGION": "eu-west-1", "RELOAD": "1"}
    passed_on = {"LOG_LEVEL": "DEBUG", "FEED_SHARDS": "2", "FEED_CACHE_SECONDS": "0.5"}
    options = Options.from_environment(environment | passed_on)
    assert (options.port, options.aws_port, options.region) == (8001, 4600, "eu-west-1")
    assert options.reload
    assert options.passed_on == passed_on


def test_each_engine_takes_its_ports() -> None:
    assert Options.from_environment({"AWS_PORT": "4600"}).aws_ports == (4600,)
    chosen = Options.from_environment({"AWS_PORT": "4600", "ENGINE": "dynamodb-local"})
    assert chosen.aws_ports == (4600, 4601)


@pytest.mark.parametrize("value", ["0", "65535", "-1", "http", "8000 ", "²"])
def test_no_port_is_refused_by_name(value: str) -> None:
    with pytest.raises(LocalError, match=r"^PORT must be a port"):
        Options.from_environment({"PORT": value})


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(LocalError, match=r"ministack, dynamodb-local\.$"):
        Options.from_environment({"ENGINE": "cassandra"})
