"""boto3 clients for the setup of the embedded AWS and for tests. The app creates its clients in `app.aws.clients`."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.loaders import create_loader
from botocore.session import Session

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

# MiniStack maps this key to its default account, which also gets Cognito's unsigned calls (SignUp, ConfirmSignUp).
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 -- no secret: the embedded AWS accepts any key

# All sessions share it, because a model of a service takes up to 0.1 seconds to read.
_LOADER = create_loader()


def apigateway_client(endpoint: str, region: str) -> Any:
    """Return a client for the REST APIs of API Gateway."""
    return _session(region).client("apigateway", endpoint_url=endpoint)


@cache
def cloudformation_client(endpoint: str, region: str) -> "CloudFormationClient":
    """Return a client for CloudFormation. Its model is large, so all callers share one client."""
    return _session(region).client("cloudformation", endpoint_url=endpoint)


@cache
def cognito_client(endpoint: str, region: str) -> "CognitoIdentityProviderClient":
    """Return a client for Cognito user pools. All callers share one, as tests need it often."""
    return _session(region).client("cognito-idp", endpoint_url=endpoint)


def dynamodb_client(endpoint: str, region: str) -> "DynamoDBClient":
    """Return a client for DynamoDB."""
    return _session(region).client("dynamodb", endpoint_url=endpoint)


def lambda_client(endpoint: str, region: str) -> "LambdaClient":
    """Return a client for Lambda."""
    return _session(region).client("lambda", endpoint_url=endpoint)


def iam_client(endpoint: str, region: str) -> "IAMClient":
    """Return a client for IAM."""
    return _session(region).client("iam", endpoint_url=endpoint)


def sqs_client(endpoint: str, region: str) -> "SQSClient":
    """Return a client for SQS."""
    return _session(region).client("sqs", endpoint_url=endpoint)


def sts_client(endpoint: str, region: str) -> "STSClient":
    """Return a client for STS, which issues the temporary credentials of a role."""
    return _session(region).client("sts", endpoint_url=endpoint)


def _session(region: str) -> boto3.Session:
    session = Session()
    session.register_component("data_loader", _LOADER)
    return boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=region, botocore_session=session)
