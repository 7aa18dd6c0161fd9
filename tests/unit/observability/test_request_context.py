"""What is noted of a request is noted of that one, whichever thread finds it out."""

import asyncio

import pytest

from app.aws.concurrency import gather, run_concurrently
from app.observability import request_context


def _fail(times: int = 1) -> str:
    for _ in range(times):
        request_context.current().cognito_failures.append("ReadTimeoutError")
    return request_context.current().request_id


def test_what_is_noted_meanwhile_is_of_the_request() -> None:
    with request_context.bind("one") as taken:
        request_context.current().member_id = "kay"
    assert (taken.request_id, taken.member_id, taken.problem, taken.cognito_failures) == ("one", "kay", None, [])


def test_threads_beside_it_note_it_in_the_same_place() -> None:
    with request_context.bind("one") as taken:
        assert run_concurrently(_fail, _fail) == ("one", "one")
        assert gather([lambda: _fail(500)] * 8) == ["one"] * 8
    assert len(taken.cognito_failures) == 4002


def test_what_is_noted_of_nothing_is_lost() -> None:
    request_context.current().problem = "unavailable"
    assert request_context.current() == request_context.RequestContext()


def test_a_request_leaves_nothing_behind_even_if_it_fails() -> None:
    with pytest.raises(ZeroDivisionError), request_context.bind("one"):
        raise ZeroDivisionError
    assert request_context.current().request_id == ""


def test_requests_at_the_same_time_do_not_mix() -> None:
    both_begun = asyncio.Barrier(2)

    async def request(name: str, failures: int) -> request_context.RequestContext:
        with request_context.bind(name) as taken:
            await both_begun.wait()
            assert await asyncio.to_thread(_fail, failures) == name
            await both_begun.wait()
        return taken

    async def both() -> tuple[request_context.RequestContext, request_context.RequestContext]:
        return await asyncio.gather(request("one", 1), request("two", 2))

    one, two = asyncio.run(both())
    assert (one.request_id, len(one.cognito_failures)) == ("one", 1)
    assert (two.request_id, len(two.cognito_failures)) == ("two", 2)
