"""The options of a local run, read from the environment."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.settings import MemberLimits
from devstack.errors import LocalError
from devstack.paths import ROOT
from devstack.ports import MAX_PORT

ENGINES = ("ministack", "dynamodb-local")
_DEFAULT_FOLDER = ROOT / ".local"
_OWN_VARIABLES = ("PORT", "AWS_PORT", "AWS_REGION", "ENGINE", "RELOAD", "LOCAL_DIR")
_APP_VARIABLES = ("FEED_CACHE_SECONDS", "FEED_SHARDS", "LOG_LEVEL", *MemberLimits.variables())


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one local run.

    Attributes:
        state_folder: the path of the state folder.
        port: the port of the API.
        aws_port: the port of the embedded AWS.
        region: the region that the embedded AWS emulates.
        engine: the database, one of `ENGINES`.
        reload: whether the API restarts when a source file changes.
        app_variables: the environment variables that are passed on to the app.
        given: all of these variables that are set, with their values.
    """

    state_folder: Path
    port: int
    aws_port: int
    region: str
    engine: str
    reload: bool
    app_variables: Mapping[str, str]
    given: Mapping[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the options in the environment, with defaults for missing or empty variables.

        Raises:
            LocalError: if a value is invalid.
        """
        return cls(
            state_folder=Path(environment.get("LOCAL_DIR") or _DEFAULT_FOLDER).absolute(),
            port=_parse_port(environment, "PORT", 8000),
            aws_port=_parse_port(environment, "AWS_PORT", 4566),
            region=environment.get("AWS_REGION") or "us-east-1",
            engine=_check_engine(environment.get("ENGINE") or ENGINES[0]),
            reload=environment.get("RELOAD", "") not in ("", "0"),
            app_variables={name: environment[name] for name in _APP_VARIABLES if environment.get(name)},
            given={name: environment[name] for name in (*_OWN_VARIABLES, *_APP_VARIABLES) if environment.get(name)},
        )

    def make_command(self, target: str, **changes: object) -> str:
        """Return the command line of a target of make with the given variables, except for these changes."""
        variables = {**self.given, **{name: str(value) for name, value in changes.items()}}
        return " ".join(["make", target, *(f"{name}={shlex.quote(value)}" for name, value in variables.items())])

    @property
    def dynamodb_port(self) -> int:
        """Return the port of DynamoDB Local: the one after `aws_port`."""
        return self.aws_port + 1

    @property
    def function_ports(self) -> tuple[int, int]:
        """Return the ports for the invocations of the deployed functions: the two after `aws_port`."""
        return self.aws_port + 1, self.aws_port + 2

    @property
    def aws_ports(self) -> tuple[int, ...]:
        """Return all ports on which the embedded AWS listens, its database included."""
        return (self.aws_port,) if self.engine == "ministack" else (self.aws_port, self.dynamodb_port)


def _parse_port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= MAX_PORT:
        raise LocalError(f"{name} must be a port number from 1 to {MAX_PORT}.")
    return int(value)


def _check_engine(value: str) -> str:
    if value not in ENGINES:
        raise LocalError(f"ENGINE must be one of {', '.join(ENGINES)}.")
    return value
