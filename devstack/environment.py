"""The environment of a local app: its variables, and the file `.local/env` that holds them.

Only these variables distinguish a local app from a deployed one.
"""

from collections.abc import Container, Mapping, MutableMapping
from pathlib import Path

from app.settings import Settings
from devstack import clients
from devstack.private_files import open_private


def make_variables(settings: Settings, aws: str, dynamodb: str) -> dict[str, str]:
    """Return the environment variables from which an app reads its tables, user pool, endpoints and credentials.

    Args:
        settings: the settings of the app.
        aws: the endpoint of Cognito.
        dynamodb: the endpoint of DynamoDB.
    """
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


def write(path: Path, env: Mapping[str, str]) -> None:
    """Write a file that python-dotenv and a shell's `source` can read, with access for its owner only."""
    with open_private(path) as file:
        file.writelines(f"{name}={value}\n".encode() for name, value in env.items())


def remove_aws_variables(environ: MutableMapping[str, str]) -> None:
    """Remove all AWS variables, so that this process and its children cannot use the developer's own AWS account."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]


def omit(environ: Mapping[str, str], names: Container[str]) -> dict[str, str]:
    """Return the environment without these variables: uvicorn's env file does not override a variable that is set."""
    return {name: value for name, value in environ.items() if name not in names}
