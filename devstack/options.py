"""What a developer may choose, read from the environment; starts and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devstack.errors import LocalError

ENGINES = ("ministack", "dynamodb-local")
_HOME = Path(__file__).parents[1] / ".local"
_PASSED_ON = ("FEED_CACHE_SECONDS", "FEED_SHARDS", "LOG_LEVEL")


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one local run."""

    home: Path
    port: int
    aws_port: int
    region: str
    engine: str
    reload: bool
    passed_on: Mapping[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and check all choices.

        Raises:
            LocalError: a value cannot be used.
        """
        return cls(
            home=Path(environment.get("LOCAL_DIR") or _HOME).absolute(),
            port=_port(environment, "PORT", 8000),
            aws_port=_port(environment, "AWS_PORT", 4566),
            region=environment.get("AWS_REGION") or "us-east-1",
            engine=_engine(environment.get("ENGINE") or ENGINES[0]),
            reload=environment.get("RELOAD", "") not in ("", "0"),
            passed_on={name: environment[name] for name in _PASSED_ON if environment.get(name)},
        )

    @property
    def dynamodb_port(self) -> int:
        """Where DynamoDB Local listens: beside the rest of the embedded AWS."""
        return self.aws_port + 1

    @property
    def function_port(self) -> int:
        """Where the function takes its invocations."""
        return self.aws_port + 1

    @property
    def aws_ports(self) -> tuple[int, ...]:
        """All ports that the embedded AWS takes."""
        return (self.aws_port,) if self.engine == "ministack" else (self.aws_port, self.dynamodb_port)


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= 65534:
        raise LocalError(f"{name} must be a port, from 1 to 65534.")
    return int(value)


def _engine(value: str) -> str:
    if value not in ENGINES:
        raise LocalError(f"ENGINE must be one of {', '.join(ENGINES)}.")
    return value
