"""Writes that others may be making to the same item at the same moment; knows no item in particular."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from app.errors import UnavailableError

T = TypeVar("T")

# How long a write contends before it gives up; each pause is random up to a bound that doubles
# (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/). As the time runs out the pauses
# get shorter again: else whoever has waited longest tries least often, and starves behind those who just came.
_SECONDS = 8.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.6


class ContendedError(Exception):
    """Somebody else was writing what this try was about: nothing was written, and it may be tried again."""


def until_settled(attempt: Callable[[], T]) -> T:
    """Try until nobody is in the way.

    Raises:
        UnavailableError: if somebody still is after eight seconds.
    """
    give_up = time.monotonic() + _SECONDS
    bound = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return attempt()
        except ContendedError as error:
            left = (give_up - time.monotonic()) / _SECONDS
            if left <= 0:
                raise UnavailableError from error
        time.sleep(random.uniform(0, bound * left**2))  # noqa: S311 -- spreads writers, guards nothing
        bound = min(bound * 2, _LONGEST_PAUSE_SECONDS)
