"""Create the member that the heartbeat of a stage logs in: `AWS_REGION=… python -m scripts.heartbeat_member STAGE`.

The credentials of boto3 must allow `cloudformation:DescribeStacks`, `secretsmanager:GetSecretValue`,
`secretsmanager:PutSecretValue`, `cognito-idp:AdminCreateUser` and `cognito-idp:AdminSetUserPassword`. The last one
suffices to take over any account. So a person runs this once for each stage, and no pipeline has the permission.
"""

import contextlib
import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import boto3

from scripts import command
from scripts.errors import OperatorError
from scripts.stack_outputs import fetch_outputs

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_USAGE = "Usage: AWS_REGION=eu-central-1 python -m scripts.heartbeat_member STAGE"
_READY = (
    "The heartbeat of {stage} logs in from its next beat on. The alarm heartbeat-login leaves INSUFFICIENT_DATA then."
)
# No mail is sent to this domain (RFC 2606). The address is derived from the ARN of the secret. So a stranger
# cannot know it, and a run after an interrupted one finds the same member.
_EMAIL = "heartbeat-{suffix}@dwipper.invalid"


def create(cognito: "CognitoIdentityProviderClient", pool_id: str, secrets_manager: Any, arn: str) -> None:
    """Create the member with the password of the secret, and add the email to the secret.

    A second call repairs the member: it has the password of the secret again, also in a new user pool.

    Args:
        cognito: the client of the user pool.
        pool_id: the user pool.
        secrets_manager: the client of Secrets Manager.
        arn: the ARN of the secret.
    """
    values = json.loads(secrets_manager.get_secret_value(SecretId=arn)["SecretString"])
    email = values.get("email") or _EMAIL.format(suffix=hashlib.sha256(arn.encode()).hexdigest()[:16])
    _create_user(cognito, pool_id, email)
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=email, Password=values["password"], Permanent=True)
    # Last, because the heartbeat begins to log in when the secret has an email.
    if "email" not in values:
        secrets_manager.put_secret_value(SecretId=arn, SecretString=json.dumps(values | {"email": email}))


def main(arguments: list[str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if len(arguments) != 1 or not arguments[0] or not os.environ.get("AWS_REGION"):
        print(_USAGE, file=sys.stderr)
        return 2
    (stage,) = arguments
    return command.run(lambda: _create_in_stage(stage, os.environ["AWS_REGION"]))


def _create_in_stage(stage: str, region: str) -> None:
    outputs = fetch_outputs(stage, region)
    if "HeartbeatSecret" not in outputs:
        raise OperatorError(
            f"The stage {stage} in {region} has no secret for the heartbeat: deploy this version first."
        )
    cognito = boto3.client("cognito-idp", region_name=region)
    secrets_manager = boto3.client("secretsmanager", region_name=region)
    create(cognito, outputs["UserPoolId"], secrets_manager, outputs["HeartbeatSecret"])
    print(_READY.format(stage=stage))


def _create_user(cognito: "CognitoIdentityProviderClient", pool_id: str, email: str) -> None:
    attributes: Any = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):  # An earlier run created it.
        cognito.admin_create_user(
            UserPoolId=pool_id, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
