"""What can happen to a call to AWS, and what its caller gets for an answer; sends nothing."""

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Literal

AwsService = Literal["dynamodb", "cognito"]


class Fault(Enum):
    """One thing that happens to a call; after the last underscore, whether before or after the call took effect."""

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
    def is_after(self) -> bool:
        """Whether the service does what it is asked all the same."""
        return self.name.endswith("_AFTER")

    @property
    def is_timeout(self) -> bool:
        """Whether no answer comes."""
        return self in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER)

    @property
    def is_cut(self) -> bool:
        """Whether the connection ends without an answer."""
        return self in (Fault.CUT_BEFORE, Fault.CUT_AFTER)


_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
# Amazon's documentation has these answer with an empty body, so nobody could tell that one is wrong.
_SILENT = (
    "AdminDeleteUser",
    "AdminUserGlobalSignOut",
    "ChangePassword",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "RevokeToken",
)

# By which names each service says that it is asked too much, and that it fails:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
_THROTTLED: Mapping[AwsService, tuple[str, ...]] = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    "cognito": ("TooManyRequestsException",),
}
_FAILED: Mapping[AwsService, tuple[tuple[int, str], ...]] = {
    "dynamodb": ((500, "InternalServerError"), (503, "ServiceUnavailable")),
    "cognito": ((500, "InternalErrorException"), (503, "ServiceUnavailable")),
}
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_HALF = b'{"Item": {"pk": {"S": "mem'


def possible_faults(service: AwsService, operation: str) -> list[Fault]:
    """What can happen to this call."""
    impossible = set[Fault]()
    if operation not in _WRITES:
        impossible.add(Fault.CONFLICT_BEFORE)
    if service != "dynamodb":
        impossible.add(Fault.CHECKSUM_AFTER)
    if operation in _SILENT:
        impossible |= {Fault.EMPTY_BEFORE, Fault.EMPTY_AFTER}
    return [fault for fault in Fault if fault not in impossible]


def fault_response(fault: Fault, service: AwsService, operation: str, body: bytes, pick: int = 0) -> tuple[int, bytes]:
    """Status and content of the answer to a call that the service never got; of several, the one that is picked."""
    if fault is Fault.THROTTLED_BEFORE:
        names = _THROTTLED[service]
        return _error(400, names[pick % len(names)])
    if fault is Fault.FAILURE_BEFORE:
        failures = _FAILED[service]
        return _error(*failures[pick % len(failures)])
    if fault is Fault.CONFLICT_BEFORE:
        return conflict_response(operation, [True for _ in json.loads(body).get("TransactItems", [])])
    if fault is Fault.HTML_BEFORE:
        return 500, _PAGE
    return 200, _HALF if fault is Fault.HALF_BEFORE else b""


def corrupt(fault: Fault, content: bytes) -> bytes:
    """What arrives of the service's own answer."""
    if fault is Fault.CHECKSUM_AFTER:
        return content + b"\n"  # It means the same, and its checksum is another.
    return content[: len(content) // 2] if fault is Fault.HALF_AFTER else b""


def conflict_response(operation: str, in_the_way: list[bool]) -> tuple[int, bytes]:
    """How DynamoDB refuses a write, some of whose items are in a transaction of somebody else's."""
    if operation != "TransactWriteItems":
        return _error(400, "TransactionConflictException")
    reasons = [{"Code": "TransactionConflict" if there else "None"} for there in in_the_way]
    return _error(400, "TransactionCanceledException", CancellationReasons=reasons)


def _error(status: int, name: str, **details: Any) -> tuple[int, bytes]:
    kind = f"com.amazonaws#{name}"
    return status, json.dumps({"__type": kind, "message": "Refused for the sake of a test.", **details}).encode()
