"""Retries of writes that conflict with other writes, up to a write deadline.

Several requests may write to the same item at the same time, so a conflicting write is retried. The retries must end:
the deletion of an account waits for the writes that began before its mark.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from botocore.exceptions import ClientError

from app.aws.errors import was_sdk_retry
from app.errors import UnavailableError

T = TypeVar("T")

# A write may start this long after its member's row was read.
WRITE_WINDOW_SECONDS = 8.0
# The time after a change of a member's row, such as a deletion mark or a suspension, in which an earlier write can
# still take effect. The request of that write read the row before. Its last attempt starts within the write window.
# Three calls of at most 12 seconds are added (app/aws/clients.py): the call that changes the row, and two calls of the
# attempt. The rest is for the lag of an index.
WRITE_DRAIN_PERIOD = timedelta(seconds=WRITE_WINDOW_SECONDS + 3 * 12 + 16)

# Full jitter with a bound that doubles:
# https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
# The pauses shrink again as the deadline comes near. Otherwise the writer that has waited longest retries least often
# and starves behind newcomers.
_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 0.6

# Reasons for a cancelled transaction that justify a retry. The other reasons are a failed condition, or faults of this
# code: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_RETRYABLE_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class WriteConflictError(Exception):
    """Another write was in progress, so this attempt wrote nothing and can be retried.

    It is raised from the SDK's error. If the SDK itself retried the call, an earlier attempt may have written.
    """


def condition_results(error: ClientError) -> list[bool]:
    """Return for each write of a cancelled transaction whether its condition held.

    Raises:
        WriteConflictError: if other writes cancelled the transaction.
        ClientError: the same error, if the reason is another one.
    """
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    if "ConditionalCheckFailed" in reasons:
        return [reason != "ConditionalCheckFailed" for reason in reasons]
    if _RETRYABLE_REASONS.intersection(reasons):
        raise WriteConflictError from error
    raise error


def new_write_deadline() -> float:
    """Return the write deadline of a member whose row is read now, in seconds of the monotonic clock."""
    return time.monotonic() + WRITE_WINDOW_SECONDS


def retry_on_conflict(attempt: Callable[[], T], write_deadline: float, *, repeatable: bool = True) -> T:
    """Run an attempt until no other write interferes. Start none after the deadline.

    Args:
        attempt: the write, which raises WriteConflictError if another write interferes.
        write_deadline: seconds of the monotonic clock.
        repeatable: True if the operation is idempotent. If False, an attempt whose response was lost is not retried.

    Raises:
        UnavailableError: if the deadline passes, or if a lost response makes the outcome unknown.
    """
    bound = _FIRST_PAUSE_SECONDS
    total = write_deadline - time.monotonic()
    conflict: WriteConflictError | None = None
    while (left := write_deadline - time.monotonic()) > 0:
        try:
            return attempt()
        except WriteConflictError as error:
            if not repeatable and _may_have_written(error):
                raise UnavailableError from error
            conflict = error
            time.sleep(random.uniform(0, bound * (left / total) ** 2))  # noqa: S311 -- jitter, not a secret
            bound = min(bound * 2, _MAX_PAUSE_SECONDS)
    raise UnavailableError from conflict


def _may_have_written(error: WriteConflictError) -> bool:
    return isinstance(error.__cause__, ClientError) and was_sdk_retry(error.__cause__)
