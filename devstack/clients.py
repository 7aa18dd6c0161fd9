"""boto3 clients of the embedded AWS for what sets it up and looks into it; the app makes its own."""

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_sts import STSClient

# Cognito's unsigned calls (SignUp, ConfirmSignUp) fall to MiniStack's own account, and so does this key.
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 -- opens nothing: the embedded AWS asks for any key


def cloudformation(endpoint: str, region: str) -> "CloudFormationClient":
    """Reach CloudFormation at an endpoint."""
    return _session(region).client("cloudformation", endpoint_url=endpoint)


def cognito(endpoint: str, region: str) -> "CognitoIdentityProviderClient":
    """Reach Cognito at an endpoint."""
    return _session(region).client("cognito-idp", endpoint_url=endpoint)


def dynamodb(endpoint: str, region: str) -> "DynamoDBClient":
    """Reach DynamoDB at an endpoint."""
    return _session(region).client("dynamodb", endpoint_url=endpoint)


def functions(endpoint: str, region: str) -> "LambdaClient":
    """Reach Lambda at an endpoint."""
    return _session(region).client("lambda", endpoint_url=endpoint)


def permissions(endpoint: str, region: str) -> "IAMClient":
    """Reach the service that says who may do what, at an endpoint."""
    return _session(region).client("iam", endpoint_url=endpoint)


def roles(endpoint: str, region: str) -> "STSClient":
    """Reach the service that lends a role's credentials."""
    return _session(region).client("sts", endpoint_url=endpoint)


def _session(region: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region)
