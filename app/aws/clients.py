"""boto3 clients with bounded timeouts, retries and response checks."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import boto3
from botocore.config import Config
from botocore.parsers import ResponseParserError

from app import __version__
from app.aws.concurrency import MAX_CONCURRENT_REQUESTS, MAX_EXTRA_CALLS
from app.aws.deadline import remaining_seconds
from app.aws.errors import TRANSPORT_ERRORS, record_call, record_service, response_to_domain_error
from app.errors import UnavailableError
from app.observability import request_context

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

Client = TypeVar("Client", bound=Any)

# A connection for each thread that may call AWS.
_MAX_CONNECTIONS = MAX_CONCURRENT_REQUESTS + MAX_EXTRA_CALLS

# Without a name, botocore describes itself and the machine for each call, which takes a sixth of the time of a call.
_NAMED = Config(user_agent=f"dwipper/{__version__} Boto3/{boto3.__version__}")

# One call to DynamoDB ends within 12 seconds, the pauses between its attempts included.
_DYNAMODB_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=_MAX_CONNECTIONS,
)
# For updates that are not idempotent.
_DYNAMODB_SINGLE_ATTEMPT_CONFIG = _DYNAMODB_CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))
_COGNITO_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=_MAX_CONNECTIONS,
)
# For calls that Cognito refuses when they are repeated. A retry would turn a success into a refusal. Each call opens a
# connection: while Lambda freezes the process, the peer may forget a kept one, and then the only attempt would fail.
_COGNITO_SINGLE_ATTEMPT_CONFIG = _COGNITO_CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))

_SQS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=_MAX_CONNECTIONS,
)
# For the heartbeat, which is sequential.
_SECRETS_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})


def dynamodb_client(region: str, *, single_attempt: bool = False) -> "DynamoDBClient":
    """Return a client for DynamoDB. Threads can share it. With `single_attempt`, the SDK never retries a call.

    Like `cognito_client`, it raises UnavailableError instead of starting a call that could miss the request's deadline.
    A client with `single_attempt` sends each call over a new connection.
    """
    config = _DYNAMODB_SINGLE_ATTEMPT_CONFIG if single_attempt else _DYNAMODB_CONFIG
    client: DynamoDBClient = boto3.client("dynamodb", region_name=region, config=_NAMED.merge(config))
    if single_attempt:
        client.meta.events.register("before-send", lambda **_: client.close())
    return _with_checks(client, config)


def cognito_client(region: str, *, single_attempt: bool = False) -> "CognitoIdentityProviderClient":
    """Return a client for Cognito user pools. With `single_attempt`, the SDK never retries a call.

    A client with `single_attempt` sends each call over a new connection.
    """
    config = _COGNITO_SINGLE_ATTEMPT_CONFIG if single_attempt else _COGNITO_CONFIG
    client: CognitoIdentityProviderClient = boto3.client("cognito-idp", region_name=region, config=_NAMED.merge(config))
    if single_attempt:
        # This drops the kept connections. Calls in progress keep theirs.
        client.meta.events.register("before-send", lambda **_: client.close())
    client.meta.events.register("needs-retry", _record_failed_attempt)
    client.meta.events.register("after-call-error", _record_unreadable_response)
    return _with_checks(client, config)


def sqs_client(region: str, *, poll_seconds: int = 0) -> "SQSClient":
    """Return a client for SQS.

    Args:
        region: the region of the queue.
        poll_seconds: how long SQS may wait for a message before it responds.
    """
    config = _SQS_CONFIG.merge(Config(read_timeout=poll_seconds + 2))
    return _with_checks(boto3.client("sqs", region_name=region, config=_NAMED.merge(config)), config)


def secrets_client(region: str) -> Any:
    """Return a client for Secrets Manager."""
    return _with_checks(
        boto3.client("secretsmanager", region_name=region, config=_NAMED.merge(_SECRETS_CONFIG)), _SECRETS_CONFIG
    )


def _with_checks(client: Client, config: Any) -> Client:
    """Check the deadline before each attempt of the client, and each response before it is parsed.

    Also record the service and the operation of each error for the log.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
    """
    max_attempt_seconds = config.connect_timeout + config.read_timeout
    client.meta.events.register("before-send", partial(_check_deadline, max_attempt_seconds))
    client.meta.events.register("before-parse", _check_body)
    client.meta.events.register("after-call", _record_service)
    client.meta.events.register("after-call-error", _record_call)
    return client


def _check_deadline(max_attempt_seconds: float, **_: Any) -> None:
    if remaining_seconds() < max_attempt_seconds:
        raise UnavailableError from TimeoutError()  # The log then names this call as the cause.


def _record_service(parsed: Any, event_name: str, **_: Any) -> None:
    if "Error" in parsed:
        record_service(parsed, event_name.split(".")[1])


def _record_call(exception: Exception, event_name: str, **_: Any) -> None:
    _event, service, operation = event_name.split(".")
    record_call(exception, service, operation)


def _check_body(response_dict: Any, operation_model: Any, **_: Any) -> None:
    """Refuse an unreadable body. botocore would take it for an empty one: no such row, no such user.

    A status of 500 or above passes, because the SDK retries it.
    """
    if response_dict["status_code"] < 500 and not _is_complete(response_dict, operation_model):
        raise ResponseParserError("The response cannot be read.")


def _is_complete(response_dict: Any, operation_model: Any) -> bool:
    body, checksum = response_dict["body"], response_dict["headers"].get("x-amz-crc32")
    try:
        if checksum is not None:
            return crc32(body) == int(checksum)
        return isinstance(json.loads(body), dict) if body or _has_output(operation_model) else True
    except ValueError:
        return False


def _has_output(operation_model: Any) -> bool:
    """Return True if a success of the operation has a body. ConfirmSignUp declares one member and leaves it out."""
    shape = operation_model.output_shape
    return shape is not None and bool(shape.members.keys() - {"Session"})


def _record_failed_attempt(response: Any, caught_exception: Exception | None, **_: Any) -> None:
    """Record a failed attempt, even one that the SDK retries. A refusal by Cognito is not a failure."""
    if isinstance(caught_exception, TRANSPORT_ERRORS):
        request_context.current().cognito_failures.append(type(caught_exception).__name__)
    elif response is not None and response_to_domain_error(response[1]):
        request_context.current().cognito_failures.append(str(response[1].get("Error", {}).get("Code")))


def _record_unreadable_response(exception: Exception, **_: Any) -> None:
    """Record an unreadable response. The SDK raises no `needs-retry` event for it."""
    if isinstance(exception, ResponseParserError):
        request_context.current().cognito_failures.append(type(exception).__name__)
