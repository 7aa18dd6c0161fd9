"""The faults of calls to AWS, and the response that the caller of each gets. Sends nothing."""

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Literal

AwsService = Literal["dynamodb", "cognito"]


class Fault(Enum):
    """A fault of one call. The end of its name is the time: before or after the call takes effect."""

    THROTTLED_BEFORE = auto()
    CONFLICT_BEFORE = auto()
    FAILURE_BEFORE = auto()
    HTML_BEFORE = auto()
    TIMEOUT_BEFORE = auto()
    TIMEOUT_AFTER = auto()
    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    HALF_BEFORE = auto()
    HALF_AFTER = auto()
    EMPTY_BEFORE = auto()
    EMPTY_AFTER = auto()
    CHECKSUM_AFTER = auto()

    @property
    def takes_effect(self) -> bool:
        """Return True if the call takes effect all the same."""
        return self.name.endswith("_AFTER")

    @property
    def is_timeout(self) -> bool:
        """Return True if no response comes."""
        return self in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER)

    @property
    def is_disconnect(self) -> bool:
        """Return True if the connection ends without a response."""
        return self in (Fault.CUT_BEFORE, Fault.CUT_AFTER)


_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
# Amazon documents that these respond with an empty body, so an empty one is no fault.
_EMPTY_RESPONSES = (
    "AdminDeleteUser",
    "AdminUserGlobalSignOut",
    "ChangePassword",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "RevokeToken",
)

# The error codes of throttling and of server faults:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
_THROTTLING_CODES: Mapping[AwsService, tuple[str, ...]] = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    "cognito": ("TooManyRequestsException",),
}
_SERVER_FAULTS: Mapping[AwsService, tuple[tuple[int, str], ...]] = {
    "dynamodb": ((500, "InternalServerError"), (503, "ServiceUnavailable")),
    "cognito": ((500, "InternalErrorException"), (503, "ServiceUnavailable")),
}
_HTML_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_TRUNCATED_JSON = b'{"Item": {"pk": {"S": "mem'


def possible_faults(service: AwsService, operation: str) -> list[Fault]:
    """Return the faults that can happen to a call of this operation."""
    impossible = set[Fault]()
    if operation not in _WRITES:
        impossible.add(Fault.CONFLICT_BEFORE)
    if service != "dynamodb":
        impossible.add(Fault.CHECKSUM_AFTER)
    if operation in _EMPTY_RESPONSES:
        impossible |= {Fault.EMPTY_BEFORE, Fault.EMPTY_AFTER}
    return [fault for fault in Fault if fault not in impossible]


def fault_response(fault: Fault, service: AwsService, operation: str, body: bytes, pick: int = 0) -> tuple[int, bytes]:
    """Return status and content of the response to a call that the service never received.

    Args:
        fault: one that happens before the call takes effect.
        service: the service that the call was meant for.
        operation: the operation of the call.
        body: the body of the call.
        pick: the index of the error code, if the fault has several.
    """
    if fault is Fault.THROTTLED_BEFORE:
        codes = _THROTTLING_CODES[service]
        return _error(400, codes[pick % len(codes)])
    if fault is Fault.FAILURE_BEFORE:
        server_faults = _SERVER_FAULTS[service]
        return _error(*server_faults[pick % len(server_faults)])
    if fault is Fault.CONFLICT_BEFORE:
        return conflict_response(operation, [True for _ in json.loads(body).get("TransactItems", [])])
    if fault is Fault.HTML_BEFORE:
        return 500, _HTML_PAGE
    return 200, _TRUNCATED_JSON if fault is Fault.HALF_BEFORE else b""


def corrupt(fault: Fault, content: bytes) -> bytes:
    """Return the part of the service's own response that arrives."""
    if fault is Fault.CHECKSUM_AFTER:
        return content + b"\n"  # The same JSON with another checksum.
    return content[: len(content) // 2] if fault is Fault.HALF_AFTER else b""


def conflict_response(operation: str, conflicts: list[bool]) -> tuple[int, bytes]:
    """Return the response of DynamoDB to a write that conflicts with a transaction.

    Args:
        operation: the operation of the write.
        conflicts: for each item of a transaction, whether another transaction writes it.
    """
    if operation != "TransactWriteItems":
        return _error(400, "TransactionConflictException")
    reasons = [{"Code": "TransactionConflict" if is_conflict else "None"} for is_conflict in conflicts]
    return _error(400, "TransactionCanceledException", CancellationReasons=reasons)


def _error(status: int, code: str, **details: Any) -> tuple[int, bytes]:
    error = {"__type": f"com.amazonaws#{code}", "message": "Refused for the sake of a test.", **details}
    return status, json.dumps(error).encode()
