"""When a member may write, and how often it is tried; knows no item in particular.

Others may be writing to the same item at the same moment, so a write is tried again until it settles. But it may not be
tried for ever: whoever deletes an account has to know when the last write that it let through has come in.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from app.aws.clients import was_retried
from app.errors import UnavailableError

T = TypeVar("T")

# How long a member may write after having been found to be one.
WRITE_SECONDS = 8.0

# Each pause is random up to a bound that doubles
# (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/). As the time runs out the pauses
# get shorter again: else whoever has waited longest tries least often, and starves behind those who just came.
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.6

# Why DynamoDB cancels a transaction that may be tried again. Of the other reasons one is a condition that did not hold,
# and the rest are mistakes of ours:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_IN_THE_WAY = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class ContendedError(Exception):
    """Somebody else was writing what this try was about: nothing was written, and it may be tried again.

    It is raised from the SDK's error. If the SDK had sent the same before, and heard no answer, that may have written.
    """


def conditions_held(error: ClientError) -> list[bool]:
    """For each write of a transaction, whether its condition held, where it was cancelled because one did not.

    Raises:
        ContendedError: if it was cancelled because others were in the way.
        ClientError: the same error, if it was for any other reason.
    """
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    if "ConditionalCheckFailed" in reasons:
        return [reason != "ConditionalCheckFailed" for reason in reasons]
    if _IN_THE_WAY.intersection(reasons):
        raise ContendedError from error
    raise error


def deadline() -> float:
    """Until when somebody may write who is found to be a member from now on, by the monotonic clock."""
    return time.monotonic() + WRITE_SECONDS


def until_settled(attempt: Callable[[], T], write_by: float, *, repeatable: bool = True) -> T:
    """Try until nobody is in the way, and begin nothing after a deadline.

    Args:
        attempt: what is tried; raises ContendedError if somebody is in the way.
        write_by: the deadline, by the monotonic clock.
        repeatable: whether it comes to the same if it is done twice. What is not, and may have been done unheard, is
            left to whoever asks to look at and to repeat.

    Raises:
        UnavailableError: if somebody still is in the way then, or it may have been done unheard.
    """
    bound = _FIRST_PAUSE_SECONDS
    whole = write_by - time.monotonic()
    while (left := write_by - time.monotonic()) > 0:
        try:
            return attempt()
        except ContendedError as error:
            if not repeatable and _may_be_done(error):
                raise UnavailableError from error
            time.sleep(random.uniform(0, bound * (left / whole) ** 2))  # noqa: S311 -- spreads writers, guards nothing
            bound = min(bound * 2, _LONGEST_PAUSE_SECONDS)
    raise UnavailableError


def _may_be_done(error: ContendedError) -> bool:
    return isinstance(error.__cause__, ClientError) and was_retried(error.__cause__)
