"""The errors of boto3, and the errors of the domain that they become.

A transient error, such as an outage or DynamoDB's throttling, becomes UnavailableError. A rate limit of Cognito becomes
TooManyRequestsError. An error that only an operator can fix, such as a missing permission or table, has no error of the
domain. Its response is 500.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from app.errors import DwipperError, TooManyRequestsError, UnavailableError
from app.observability import request_context

logger = logging.getLogger(__name__)

# The service, or the source of the credentials, could not be reached, or its response could not be read.
TRANSPORT_ERRORS = (
    BotoConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    ResponseParserError,
)

# The errors that boto3 raises, and that of a fetch that takes too long. A ResponseParserError is no BotoCoreError.
_SDK_ERRORS = (BotoCoreError, ClientError, ResponseParserError, TimeoutError)

# The attribute of an exception with the service and the operation of the call that raised it.
_CALL = "aws_call"

CONDITION_FAILED = "ConditionalCheckFailedException"
# The item is part of another transaction at this moment.
TRANSACTION_CONFLICT = "TransactionConflictException"

# The codes that the SDKs call transient or throttling, the errors of the services themselves, and the codes of new
# credentials that not every server of AWS knows yet.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html (eventual consistency)
_TRANSIENT_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "IDPCommunicationError",
        "InternalError",
        "InternalErrorException",
        "InternalFailure",
        "InternalServerError",
        "InvalidClientTokenId",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TransactionInProgressException",
        TRANSACTION_CONFLICT,
        "UnrecognizedClientException",
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
    """Translate an error of boto3 that no repository expected. None if only an operator or a developer can fix it."""
    if isinstance(error, TRANSPORT_ERRORS):
        return UnavailableError()
    return response_to_domain_error(error.response) if isinstance(error, ClientError) else None


def is_transient(error: Exception) -> bool:
    """Return True if the same call may succeed later. `to_domain_error` translates only such errors."""
    return isinstance(error, UnavailableError | TooManyRequestsError) or to_domain_error(error) is not None


def response_to_domain_error(response: Any) -> DwipperError | None:
    """Translate a parsed error response. None if only an operator or a developer can fix the cause."""
    code = response.get("Error", {}).get("Code", "")
    if code in _RATE_LIMIT_CODES:
        return TooManyRequestsError()
    status = http_status(response)
    return UnavailableError() if code in _TRANSIENT_CODES or status >= 500 else None


def record_call(error: Exception, service: str, operation: str) -> None:
    """Record the call that raised an exception, because most exceptions of boto3 do not name it."""
    setattr(error, _CALL, (service, operation))


def record_service(response: Any, service: str) -> None:
    """Record the service in a parsed error response, because the ClientError that has it names only the operation."""
    response.setdefault("ResponseMetadata", {})["Service"] = service


def describe_cause(error: BaseException) -> dict[str, str]:
    """Return the error of AWS or of boto3 that caused an exception, as fields of the log. Empty if there is none.

    The message of the error is left out, because it may repeat the request.
    """
    service = operation = ""
    for cause in _iter_causes(error):
        service, operation = getattr(cause, _CALL, (service, operation))
        if isinstance(cause, _SDK_ERRORS):
            break
    else:
        return {}
    fields = {"aws_error": type(cause).__name__, "aws_service": service, "aws_operation": operation}
    if isinstance(cause, ClientError):
        metadata = cause.response.get("ResponseMetadata", {})
        reasons = [str(reason.get("Code")) for reason in cause.response.get("CancellationReasons", [])]
        fields = {
            "aws_error": " ".join([error_code(cause), *reasons]),
            "aws_service": service or metadata.get("Service", ""),
            "aws_operation": operation or cause.operation_name,
            "aws_request_id": metadata.get("RequestId", ""),
        }
    return {name: value for name, value in fields.items() if value or name == "aws_error"}


def http_status(response: Any) -> int:
    """Return the status of a response of boto3, 0 if it has none."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def format_cause(cause: Mapping[str, str]) -> str:
    """Return the log fields of a cause as text."""
    return " ".join(f"{name}={value}" for name, value in cause.items())


def log_suppressed(error: Exception) -> None:
    """Log an error of AWS that changes neither the response to the request nor the outcome of the job."""
    cause = describe_cause(error)
    text = format_cause(cause) or type(error).__name__
    message = "request or job %s continues after an error: %s"
    logger.warning(message, request_context.current().request_id, text, extra={"fields": cause})


def log_failure(destination: logging.Logger, message: str, error: Exception) -> None:
    """Log an exception with its frames and the error of AWS that caused it. Leave out the exception's own message."""
    cause = describe_cause(error)
    destination.error("%s: %s", message, format_cause(cause), exc_info=error, extra={"fields": cause})


def _iter_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it was raised from, each once."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
