"""The file `.local/env` and the variables in it: all that is local about a local run."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from app.settings import Settings
from devstack import clients
from devstack.private_files import private


def variables(settings: Settings, aws: str, dynamodb: str) -> dict[str, str]:
    """Tell a process of the app about tables, pool and endpoints."""
    return {
        "AWS_REGION": settings.region,
        "USER_POOL_ID": settings.user_pool_id,
        "USER_POOL_CLIENT_ID": settings.user_pool_client_id,
        "DWIPPS_TABLE": settings.dwipps_table,
        "REACTIONS_TABLE": settings.reactions_table,
        "MEMBERS_TABLE": settings.members_table,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": aws,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
    }


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write a file that python-dotenv and a shell's `source` read, for its owner alone."""
    with private(path) as file:
        file.writelines(f"{name}={value}\n".encode() for name, value in values.items())


def forget_amazon(environment: MutableMapping[str, str]) -> None:
    """Take a developer's own profile and credentials away from this process and from those that it starts."""
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]


def without(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Leave out what an env file says, which would not win over a variable that is set."""
    return {name: value for name, value in environment.items() if name not in values}
