"""Add a member to the moderators, or remove one.

python -m scripts.moderators add EMAIL             the API of `make run`
python -m scripts.moderators add EMAIL STAGE       a deployed stage, in AWS_REGION, with the credentials of boto3
python -m scripts.moderators remove EMAIL [STAGE]  the reverse
"""

import os
import sys
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError
from dotenv import dotenv_values

from app.auth.groups import MODERATORS
from devstack import clients
from devstack.environment import exempt_loopback_from_proxies, hide_aws_account
from devstack.options import Options
from devstack.state import StateFolder
from scripts import command
from scripts.errors import OperatorError
from scripts.stack_outputs import fetch_outputs

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_USAGE = "Usage: python -m scripts.moderators add|remove EMAIL [STAGE]"
_ADDED = "{email} is a moderator from the next login or refresh on. Earlier access tokens do not give the rights."
_REMOVED = (
    "{email} is no longer a moderator. An earlier access token gives the rights until it expires, for at most 15"
    " minutes."
)
_NOTHING_RUNS = (
    "Nothing is running: start `make run` first, or name a deployed stage: STAGE=dev AWS_REGION=eu-central-1."
)
_NO_GROUP = (
    "The user pool has no group `{group}`: deploy the current version first, or run `make reset` and `make run`."
)
# The statuses of users with a confirmed account.
_CONFIRMED = ("CONFIRMED", "RESET_REQUIRED")


def add(client: "CognitoIdentityProviderClient", pool_id: str, email: str) -> str:
    """Add a member to the moderators. A second call for the same member changes nothing.

    Returns:
        The message for the operator.

    Raises:
        OperatorError: if no confirmed member has this email, or if the pool has no group of moderators.
    """
    email = _normalize(email)
    _check_confirmed(client, pool_id, email)
    _change(client.admin_add_user_to_group, pool_id, email)
    return _ADDED.format(email=email)


def remove(client: "CognitoIdentityProviderClient", pool_id: str, email: str) -> str:
    """Remove a member from the moderators. The removal of a member who is not a moderator changes nothing.

    Returns:
        The message for the operator.

    Raises:
        OperatorError: if no user has this email, or if the pool has no group of moderators.
    """
    email = _normalize(email)
    _get_user(client, pool_id, email)
    _change(client.admin_remove_user_from_group, pool_id, email)
    return _REMOVED.format(email=email)


def connect_locally(environ: MutableMapping[str, str]) -> tuple["CognitoIdentityProviderClient", str]:
    """Return a client for the user pool of `make run`, and the id of the pool.

    Args:
        environ: the environment. Its AWS account is removed, and its proxies are not used for loopback.

    Raises:
        OperatorError: if the embedded AWS was never started.
    """
    state = StateFolder(Options.from_environment(environ).state_folder)
    hide_aws_account(environ)
    exempt_loopback_from_proxies(environ)
    settings = dotenv_values(state.env_file)
    endpoint, region = settings.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"), settings.get("AWS_REGION")
    pool_id = settings.get("USER_POOL_ID")
    if not endpoint or not region or not pool_id:
        raise OperatorError(_NOTHING_RUNS)
    return clients.cognito_client(endpoint, region), pool_id


def connect_to_stage(stage: str, region: str) -> tuple["CognitoIdentityProviderClient", str]:
    """Return a client for the user pool of a deployed stage, and the id of the pool.

    Raises:
        OperatorError: if there is no such stage, or if the deployment of its data is not complete.
    """
    outputs = fetch_outputs(stage, region)
    return boto3.client("cognito-idp", region_name=region), outputs["UserPoolId"]


def main(arguments: list[str]) -> int:
    """Run a command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if len(arguments) not in (2, 3) or arguments[0] not in _COMMANDS or not arguments[1].strip():
        print(_USAGE, file=sys.stderr)
        return 2
    action, email, stage = (*arguments, "")[:3]
    return command.run(lambda: _run(action, email, stage))


def _run(action: str, email: str, stage: str) -> None:
    try:
        client, pool_id = connect_to_stage(stage, os.environ["AWS_REGION"]) if stage else connect_locally(os.environ)
        print(_COMMANDS[action](client, pool_id, email))
    except EndpointConnectionError as error:
        if stage:
            raise
        raise OperatorError(_NOTHING_RUNS) from error


def _normalize(email: str) -> str:
    """Return the email as the API passes it to Cognito."""
    return email.strip().lower()


def _check_confirmed(client: "CognitoIdentityProviderClient", pool_id: str, email: str) -> None:
    user = _get_user(client, pool_id, email)
    if not user["Enabled"]:
        raise OperatorError(f"The account {email} is disabled: it is being deleted.")
    if user["UserStatus"] not in _CONFIRMED:
        raise OperatorError(f"The account {email} is not confirmed. Its owner must send the code from the mail first.")


def _get_user(client: "CognitoIdentityProviderClient", pool_id: str, email: str) -> dict[str, object]:
    try:
        return dict(client.admin_get_user(UserPoolId=pool_id, Username=email))
    except client.exceptions.UserNotFoundException as error:
        raise OperatorError(f"No member has the email {email}.") from error


def _change(call: Callable[..., object], pool_id: str, email: str) -> None:
    try:
        call(UserPoolId=pool_id, Username=email, GroupName=MODERATORS)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise OperatorError(_NO_GROUP.format(group=MODERATORS)) from error


_COMMANDS = {"add": add, "remove": remove}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
