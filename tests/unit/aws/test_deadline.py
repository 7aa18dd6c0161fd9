"""The deadline of a request ends before API Gateway times out."""

import math

from app.aws.deadline import REQUEST_TIMEOUT_SECONDS, remaining_seconds, request_deadline

API_GATEWAY_TIMEOUT_SECONDS = 29
COLD_START_SECONDS = 4


def test_deadline_and_cold_start_fit_into_the_gateway_timeout() -> None:
    assert REQUEST_TIMEOUT_SECONDS <= API_GATEWAY_TIMEOUT_SECONDS - COLD_START_SECONDS


def test_remaining_seconds_decrease() -> None:
    with request_deadline():
        first = remaining_seconds()
        assert REQUEST_TIMEOUT_SECONDS - 1 < first <= REQUEST_TIMEOUT_SECONDS
        assert remaining_seconds() < first


def test_no_deadline_outside_a_request() -> None:
    with request_deadline():
        pass
    assert remaining_seconds() == math.inf
