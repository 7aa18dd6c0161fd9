"""The environment of a local app: its variables, and the file `.local/env` that holds them.

Only these variables distinguish a local app from a deployed one.
"""

import os
from collections.abc import Container, Mapping, MutableMapping
from pathlib import Path

from app.settings import Settings
from devstack import clients
from devstack.private_files import open_private

# Some programs read the first name, and some the second. If both are set, Python reads the second.
_NO_PROXY_NAMES = ("NO_PROXY", "no_proxy")
_LOOPBACK_HOSTS = "127.0.0.1,localhost"
# https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
_NO_AWS_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def make_variables(settings: Settings, aws: str, dynamodb: str) -> dict[str, str]:
    """Return the environment variables from which an app reads its resources, endpoints and credentials.

    Args:
        settings: the settings of the app.
        aws: the endpoint of Cognito and SQS.
        dynamodb: the endpoint of DynamoDB.
    """
    return {
        "AWS_REGION": settings.region,
        "USER_POOL_ID": settings.user_pool_id,
        "USER_POOL_CLIENT_ID": settings.user_pool_client_id,
        "DWIPPS_TABLE": settings.dwipps_table,
        "REACTIONS_TABLE": settings.reactions_table,
        "MEMBERS_TABLE": settings.members_table,
        "SAFETY_TABLE": settings.safety_table,
        "JOB_QUEUE_URL": settings.job_queue_url,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": aws,
        "AWS_ENDPOINT_URL_SQS": aws,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        **_NO_AWS_FILES,
        **dict.fromkeys(_NO_PROXY_NAMES, _LOOPBACK_HOSTS),
    }


def write(path: Path, env: Mapping[str, str]) -> None:
    """Write a file that python-dotenv and a shell's `source` can read, with access for its owner only."""
    with open_private(path) as file:
        file.writelines(f"{name}={value}\n".encode() for name, value in env.items())


def hide_aws_account(environ: MutableMapping[str, str]) -> None:
    """Hide the developer's own AWS account from this process and its children: its variables and its files.

    botocore's configuration file can also disable the endpoints of the embedded AWS.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ.update(_NO_AWS_FILES)


def exempt_loopback_from_proxies(environ: MutableMapping[str, str]) -> None:
    """Let this process and its children reach loopback without the proxy that the developer's shell may name."""
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY")
    hosts = f"{exempt},{_LOOPBACK_HOSTS}" if exempt else _LOOPBACK_HOSTS
    environ.update(dict.fromkeys(_NO_PROXY_NAMES, hosts))


def omit(environ: Mapping[str, str], names: Container[str]) -> dict[str, str]:
    """Return the environment without these variables: uvicorn's env file does not override a variable that is set."""
    return {name: value for name, value in environ.items() if name not in names}
