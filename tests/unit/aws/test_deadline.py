"""A request has a time by which it is over."""

import math

from app.aws.deadline import REQUEST_SECONDS, remaining_seconds, request_deadline

API_GATEWAY_SECONDS = 29
COLD_START_SECONDS = 4


def test_it_ends_before_api_gateway_gives_up_a_cold_start_included() -> None:
    assert REQUEST_SECONDS <= API_GATEWAY_SECONDS - COLD_START_SECONDS


def test_it_runs_out() -> None:
    with request_deadline():
        first = remaining_seconds()
        assert REQUEST_SECONDS - 1 < first <= REQUEST_SECONDS
        assert remaining_seconds() < first


def test_without_a_request_there_is_no_end() -> None:
    with request_deadline():
        pass
    assert remaining_seconds() == math.inf
