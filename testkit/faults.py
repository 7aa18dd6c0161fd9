"""The faults of calls to AWS, and the responses that the callers get."""

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Literal

AwsService = Literal["dynamodb", "cognito", "sqs"]


class Fault(Enum):
    """A fault of a call.

    `…_BEFORE`: the call has no effect. `…_AFTER`: the call takes effect, but its response is lost or corrupt.
    """

    THROTTLING_BEFORE = auto()
    CONFLICT_BEFORE = auto()
    SERVER_ERROR_BEFORE = auto()
    HTML_BEFORE = auto()
    TIMEOUT_BEFORE = auto()
    TIMEOUT_AFTER = auto()
    DISCONNECT_BEFORE = auto()
    DISCONNECT_AFTER = auto()
    TRUNCATED_BEFORE = auto()
    TRUNCATED_AFTER = auto()
    EMPTY_BEFORE = auto()
    EMPTY_AFTER = auto()
    CHECKSUM_AFTER = auto()

    @property
    def takes_effect(self) -> bool:
        """Return True if the call takes effect despite the fault."""
        return self.name.endswith("_AFTER")

    @property
    def is_timeout(self) -> bool:
        """Return True if the caller gets no response until its timeout."""
        return self in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER)

    @property
    def is_disconnect(self) -> bool:
        """Return True if the connection is closed without a response."""
        return self in (Fault.DISCONNECT_BEFORE, Fault.DISCONNECT_AFTER)


_SERVICES: Mapping[str, AwsService] = {
    "DynamoDB_": "dynamodb",
    "AWSCognitoIdentityProviderService.": "cognito",
    "AmazonSQS.": "sqs",
}
# The operations that write to DynamoDB.
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
# AWS documents an empty response to these operations, so an empty body is no fault.
_EMPTY_RESPONSE_OPERATIONS = (
    "AdminDeleteUser",
    "AdminDisableUser",
    "AdminUserGlobalSignOut",
    "ChangeMessageVisibility",
    "ChangePassword",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "DeleteMessage",
    "RevokeToken",
)

# The error codes of throttling and of server errors:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
_THROTTLING_CODES: Mapping[AwsService, tuple[str, ...]] = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    "cognito": ("TooManyRequestsException",),
    "sqs": ("RequestThrottled", "ThrottlingException"),
}
_SERVER_ERRORS: Mapping[AwsService, tuple[tuple[int, str], ...]] = {
    "dynamodb": ((500, "InternalServerError"), (503, "ServiceUnavailable")),
    "cognito": ((500, "InternalErrorException"), (503, "ServiceUnavailable")),
    "sqs": ((500, "InternalFailure"), (503, "ServiceUnavailable")),
}
_HTML_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_TRUNCATED_JSON = b'{"Item": {"pk": {"S": "mem'


def find_service(target: str) -> AwsService:
    """Return the service of a call by its header X-Amz-Target."""
    return next(service for name, service in _SERVICES.items() if target.startswith(name))


def list_possible_faults(service: AwsService, operation: str) -> list[Fault]:
    """Return the faults that can happen to a call of this operation."""
    impossible = set[Fault]()
    if operation not in WRITES:
        impossible.add(Fault.CONFLICT_BEFORE)
    if service != "dynamodb":
        impossible.add(Fault.CHECKSUM_AFTER)
    if operation in _EMPTY_RESPONSE_OPERATIONS:
        impossible |= {Fault.EMPTY_BEFORE, Fault.EMPTY_AFTER}
    return [fault for fault in Fault if fault not in impossible]


def make_fault_response(
    fault: Fault, service: AwsService, operation: str, body: bytes, pick: int = 0
) -> tuple[int, bytes]:
    """Return the status and the body of the response to a call that has no effect.

    Args:
        fault: a fault with a response, and without an effect of the call.
        service: the service of the call.
        operation: the operation of the call.
        body: the body of the call.
        pick: chooses one of the error codes if the fault has several.
    """
    if fault is Fault.THROTTLING_BEFORE:
        codes = _THROTTLING_CODES[service]
        return _error(400, codes[pick % len(codes)])
    if fault is Fault.SERVER_ERROR_BEFORE:
        server_errors = _SERVER_ERRORS[service]
        return _error(*server_errors[pick % len(server_errors)])
    if fault is Fault.CONFLICT_BEFORE:
        return make_conflict_response(operation, [True for _ in json.loads(body).get("TransactItems", [])])
    if fault is Fault.HTML_BEFORE:
        return 500, _HTML_PAGE
    return 200, _TRUNCATED_JSON if fault is Fault.TRUNCATED_BEFORE else b""


def corrupt(fault: Fault, content: bytes) -> bytes:
    """Return the body that the caller gets instead of the body that the service sent."""
    if fault is Fault.CHECKSUM_AFTER:
        return content + b"\n"  # The same JSON with another checksum.
    return content[: len(content) // 2] if fault is Fault.TRUNCATED_AFTER else b""


def make_conflict_response(operation: str, conflicts: list[bool]) -> tuple[int, bytes]:
    """Return the status and the body of DynamoDB's response to a write that conflicts with a transaction.

    Args:
        operation: the operation of the write.
        conflicts: for each item of the write, whether another transaction writes it. Only used for transactions.
    """
    if operation != "TransactWriteItems":
        return _error(400, "TransactionConflictException")
    reasons = [{"Code": "TransactionConflict" if is_conflict else "None"} for is_conflict in conflicts]
    return _error(400, "TransactionCanceledException", CancellationReasons=reasons)


def _error(status: int, code: str, **details: Any) -> tuple[int, bytes]:
    error = {"__type": f"com.amazonaws#{code}", "message": "Refused for the sake of a test.", **details}
    return status, json.dumps(error).encode()
