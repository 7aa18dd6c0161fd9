"""The errors of boto3: what they are, and which errors of the domain they become."""

from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from app.errors import DwipperError, TooManyRequestsError, UnavailableError

# The service could not be reached, or its response could not be read.
TRANSPORT_ERRORS = (BotoConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)

CONDITION_FAILED = "ConditionalCheckFailedException"
# The item is part of another transaction at this moment.
TRANSACTION_CONFLICT = "TransactionConflictException"

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_OVERLOAD_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TransactionInProgressException",
        TRANSACTION_CONFLICT,
        "InternalServerError",
        "InternalErrorException",
        "InternalFailure",
        "ServiceUnavailable",
    }
)
_RATE_LIMIT_CODES = frozenset({"TooManyRequestsException", "LimitExceededException", "ForbiddenException"})


def error_code(error: ClientError) -> str:
    """Return AWS's name of the error, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def existing_item(error: ClientError) -> Any:
    """Return the item that failed a condition, if the write asked for it. None if there is no item."""
    return error.response.get("Item")


def was_sdk_retry(error: ClientError) -> bool:
    """Return True if the SDK had sent the call before, so that the error may describe the call's own effect."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def to_domain_error(error: Exception) -> DwipperError | None:
    """Translate an error of boto3 that no repository expected. None if it points to a fault of this code."""
    if isinstance(error, TRANSPORT_ERRORS):
        return UnavailableError()
    return response_to_domain_error(error.response) if isinstance(error, ClientError) else None


def response_to_domain_error(response: Any) -> DwipperError | None:
    """Translate a parsed error response. None if it points to a fault of this code."""
    code = response.get("Error", {}).get("Code", "")
    if code in _RATE_LIMIT_CODES:
        return TooManyRequestsError()
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return UnavailableError() if code in _OVERLOAD_CODES or status >= 500 else None
