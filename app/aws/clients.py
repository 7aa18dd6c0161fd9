"""boto3 clients, and what their errors mean; knows no table, no pool and no HTTP."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from app.aws.deadline import seconds_left
from app.errors import DwipperError, TooManyRequestsError, UnavailableError
from app.observability import request_context

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient

First = TypeVar("First")
Second = TypeVar("Second")
Client = TypeVar("Client", bound=Any)

# What says that the service could not be asked, or answered nothing that can be read.
NO_ANSWER = (NoConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)

# A condition of the write did not hold; or the item is in a transaction of somebody else's at this moment.
CONDITION_FAILED = "ConditionalCheckFailedException"
CONFLICT = "TransactionConflictException"

# How many requests one process works on at the same time (behind API Gateway it is one), and how many calls they make
# side by side beyond their first; for each of both there is a thread, and a connection.
REQUESTS_AT_ONCE = 64
_CALLS_BESIDE = 64
_CONNECTIONS = REQUESTS_AT_ONCE + _CALLS_BESIDE

# Seconds and attempts are bounded so that one call to DynamoDB ends within 12 seconds, pauses between its attempts
# included.
_DYNAMODB = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=_CONNECTIONS,
)
_COGNITO = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=_CONNECTIONS,
)
# For calls whose repetition is refused: the SDK must not take its own effect for that refusal.
_COGNITO_ONCE = _COGNITO.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_OVERLOADED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TransactionInProgressException",
        CONFLICT,
        "InternalServerError",
        "InternalErrorException",
        "InternalFailure",
        "ServiceUnavailable",
    }
)
_RATE_LIMITED = frozenset({"TooManyRequestsException", "LimitExceededException", "ForbiddenException"})


def dynamodb_client(region: str) -> "DynamoDBClient":
    """A client for DynamoDB; safe to share between threads.

    As both kinds of clients do, it raises UnavailableError instead of a call that the request's time is too short for.
    """
    return _in_time(boto3.client("dynamodb", region_name=region, config=_DYNAMODB), _DYNAMODB)


def cognito_client(region: str, *, once: bool = False) -> "CognitoIdentityProviderClient":
    """A client for Cognito user pools; with `once`, the SDK never repeats a call by itself."""
    config = _COGNITO_ONCE if once else _COGNITO
    client: CognitoIdentityProviderClient = boto3.client("cognito-idp", region_name=region, config=config)
    client.meta.events.register("needs-retry", _note_attempt)
    client.meta.events.register("after-call-error", _note_garbled)
    return _in_time(client, config)


def error_code(error: ClientError) -> str:
    """The name that AWS gives the error, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def refused_item(error: ClientError) -> Any:
    """The item on which a condition failed, where the write asked for it; None where there is none."""
    return error.response.get("Item")


def was_retried(error: ClientError) -> bool:
    """Whether the SDK had sent the same call before, so that the answer may describe its own effect."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def meaning(error: Exception) -> DwipperError | None:
    """What an error of boto3's that no repository expected means to a member; None where it is a mistake of ours."""
    if isinstance(error, NO_ANSWER):
        return UnavailableError()
    return _meaning_of(error.response) if isinstance(error, ClientError) else None


def side_by_side(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Make two calls that do not need each other's answer at the same time; the first's error is raised first.

    What is called so calls nothing so itself, or all threads could come to wait for each other.
    """
    other = _beside(second)
    try:
        return first(), other.result()
    finally:
        wait([other])  # Even if the first fails: Lambda would freeze it in the middle of a call.


def all_at_once(calls: Iterable[Callable[[], First]]) -> list[First]:
    """Make any number of such calls, and return their answers in order; the same holds for them."""
    calls = list(calls)
    if len(calls) == 1:
        return [calls[0]()]
    futures = [_beside(call) for call in calls]
    wait(futures)  # All of them, even if one fails: Lambda would freeze the others in the middle of a call.
    return [future.result() for future in futures]


def _beside(call: Callable[[], First]) -> "Future[First]":
    """Begin a call in a thread of its own, which has to end in the request's time too."""
    return _threads().submit(copy_context().run, call)


def _in_time(client: Client, config: Any) -> Client:
    """The same client, which begins no attempt at a call that could end after the request's time.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
    """
    longest = config.connect_timeout + config.read_timeout
    client.meta.events.register("before-send", partial(_refuse_if_late, longest))
    client.meta.events.register("before-parse", _refuse_if_garbled)
    return client


def _refuse_if_late(longest: float, **_: Any) -> None:
    if seconds_left() < longest:
        raise UnavailableError


def _refuse_if_garbled(response_dict: Any, operation_model: Any, **_: Any) -> None:
    """Refuse a body that cannot be read, which botocore takes for an empty one: no such row, no such user.

    What the service itself calls its failure is for the SDK, which asks again.
    """
    if response_dict["status_code"] < 500 and not _is_whole(response_dict, operation_model):
        raise ResponseParserError("The answer cannot be read.")


def _is_whole(response_dict: Any, operation_model: Any) -> bool:
    body, checksum = response_dict["body"], response_dict["headers"].get("x-amz-crc32")
    try:
        if checksum is not None:
            return crc32(body) == int(checksum)
        return isinstance(json.loads(body), dict) if body or _has_more_to_say(operation_model) else True
    except ValueError:
        return False


def _has_more_to_say(operation_model: Any) -> bool:
    """Whether a success has members; that of ConfirmSignUp has one that Cognito leaves out."""
    shape = operation_model.output_shape
    return shape is not None and bool(shape.members.keys() - {"Session"})


def _meaning_of(answer: Any) -> DwipperError | None:
    code = answer.get("Error", {}).get("Code", "")
    if code in _RATE_LIMITED:
        return TooManyRequestsError()
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return UnavailableError() if code in _OVERLOADED or status >= 500 else None


def _note_attempt(response: Any, caught_exception: Exception | None, **_: Any) -> None:
    """Note a failed attempt at a call, one that the SDK repeats by itself too; a refusal is no failure."""
    if isinstance(caught_exception, NO_ANSWER):
        request_context.current().cognito_failures.append(type(caught_exception).__name__)
    elif response is not None and _meaning_of(response[1]):
        request_context.current().cognito_failures.append(str(response[1].get("Error", {}).get("Code")))


def _note_garbled(exception: Exception, **_: Any) -> None:
    """Note an answer that cannot be read, which the SDK does not ask about whether to repeat the call."""
    if isinstance(exception, ResponseParserError):
        request_context.current().cognito_failures.append(type(exception).__name__)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_CALLS_BESIDE, thread_name_prefix="side-by-side")
