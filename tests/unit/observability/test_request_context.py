"""Each request has its own context, which all threads of the request share."""

import asyncio

import pytest

from app.aws.concurrency import gather, run_concurrently
from app.observability import request_context


def _record_failures(count: int = 1) -> str:
    for _ in range(count):
        request_context.current().cognito_failures.append("ReadTimeoutError")
    return request_context.current().request_id


def test_values_are_stored_in_the_bound_context() -> None:
    with request_context.bind("one") as context:
        request_context.current().member_id = "kay"
    assert (context.request_id, context.member_id, context.problem, context.cognito_failures) == (
        "one",
        "kay",
        None,
        [],
    )


def test_concurrent_calls_share_the_context() -> None:
    with request_context.bind("one") as context:
        assert run_concurrently(_record_failures, _record_failures) == ("one", "one")
        assert gather([lambda: _record_failures(500)] * 8) == ["one"] * 8
    assert len(context.cognito_failures) == 4002


def test_values_outside_a_request_are_dropped() -> None:
    request_context.current().problem = "unavailable"
    assert request_context.current() == request_context.RequestContext()


def test_failed_request_leaves_no_context() -> None:
    with pytest.raises(ZeroDivisionError), request_context.bind("one"):
        raise ZeroDivisionError
    assert request_context.current().request_id == ""


def test_concurrent_requests_have_separate_contexts() -> None:
    barrier = asyncio.Barrier(2)

    async def run_request(name: str, failures: int) -> request_context.RequestContext:
        with request_context.bind(name) as context:
            await barrier.wait()
            assert await asyncio.to_thread(_record_failures, failures) == name
            await barrier.wait()
        return context

    async def run_both() -> tuple[request_context.RequestContext, request_context.RequestContext]:
        return await asyncio.gather(run_request("one", 1), run_request("two", 2))

    one, two = asyncio.run(run_both())
    assert (one.request_id, len(one.cognito_failures)) == ("one", 1)
    assert (two.request_id, len(two.cognito_failures)) == ("two", 2)
