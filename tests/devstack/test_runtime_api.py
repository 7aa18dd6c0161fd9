import http.client
import time
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.invocations import FunctionError
from devstack.runtime_api import RuntimeApi
from testkit.runtimes import Caller, Runtime

_FAILURE = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ["line 1"]}


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with RuntimeApi(seconds=5) as api:
        yield api


@pytest.fixture
def caller(api: RuntimeApi) -> Caller:
    return Caller(api.invoke)


@pytest.fixture
def runtimes(api: RuntimeApi) -> Iterator[tuple[Runtime, Runtime]]:
    both = Runtime(api), Runtime(api)
    yield both
    for runtime in both:
        runtime.end()


@pytest.fixture
def runtime(runtimes: tuple[Runtime, Runtime]) -> Runtime:
    return runtimes[0]


def _wait_for_runtimes(api: RuntimeApi, count: int) -> None:
    end = time.monotonic() + 5
    while len(api._invocations._runtimes) != count:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_an_event_goes_to_the_runtime_and_its_answer_to_the_caller(caller: Caller, runtime: Runtime) -> None:
    runtime.ask()
    answer = caller.invokes({"path": "/", "body": "é"})
    assert runtime.take() == {"path": "/", "body": "é"}
    assert runtime.answer({"statusCode": 200}) == 202
    assert answer.result() == {"statusCode": 200}


def test_a_runtime_is_told_what_it_has_to_know(caller: Caller, runtime: Runtime) -> None:
    runtime.ask()
    answer = caller.invokes({})
    runtime.take()
    assert runtime.headers["Content-Type"] == "application/json"
    assert runtime.headers["Lambda-Runtime-Invoked-Function-Arn"].startswith("arn:aws:lambda:")
    assert int(runtime.headers["Lambda-Runtime-Deadline-Ms"]) / 1000 == pytest.approx(time.time() + 5, abs=2)
    runtime.answer({})
    answer.result()


def test_who_is_free_takes_the_next_and_every_caller_gets_their_own(
    caller: Caller, runtimes: tuple[Runtime, Runtime]
) -> None:
    answers = [caller.invokes({"event": number}) for number in range(2)]
    for runtime in runtimes:
        runtime.ask()
    events = [runtime.take()["event"] for runtime in runtimes]
    for runtime, event in reversed(list(zip(runtimes, events, strict=True))):
        runtime.answer({"answer": event})
    assert [answer.result() for answer in answers] == [{"answer": 0}, {"answer": 1}]


def test_nothing_waits_for_a_packet_to_be_acknowledged(caller: Caller, runtime: Runtime) -> None:
    took = []
    for _ in range(10):
        began = time.monotonic()
        runtime.ask()
        answer = caller.invokes({})
        runtime.take()
        runtime.answer({})
        answer.result()
        took.append(time.monotonic() - began)
    assert min(took) < 0.03, "a delayed acknowledgement takes 0.04"


def test_a_function_that_fails_is_reported(caller: Caller, runtime: Runtime) -> None:
    runtime.ask()
    answer = caller.invokes({})
    runtime.take()
    assert runtime.answer(_FAILURE, outcome="error") == 202
    with pytest.raises(FunctionError, match=r"^ValueError: no$") as failure:
        answer.result()
    assert failure.value.payload == _FAILURE


def test_one_that_cannot_start_is_reported(caller: Caller, runtime: Runtime) -> None:
    answer = caller.invokes({})
    assert runtime.fail_to_start(_FAILURE) == 202
    with pytest.raises(FunctionError, match=r"^ValueError: no$"):
        answer.result()


@pytest.mark.parametrize("way", [Runtime.end, Runtime.kill])
def test_a_runtime_that_ends_at_work_fails_its_event_at_once(way: Any, caller: Caller, runtime: Runtime) -> None:
    runtime.ask()
    answer = caller.invokes({})
    runtime.take()
    way(runtime)
    with pytest.raises(FunctionError, match=r"^Runtime.ExitError: "):
        answer.result(1)


@pytest.mark.parametrize("way", [Runtime.end, Runtime.kill])
def test_a_runtime_that_ended_while_it_waited_takes_no_event(
    way: Any, api: RuntimeApi, caller: Caller, runtimes: tuple[Runtime, Runtime]
) -> None:
    ended, runtime = runtimes
    ended.ask()
    _wait_for_runtimes(api, 1)
    way(ended)
    answer = caller.invokes({"event": 1})
    runtime.ask()
    assert runtime.take() == {"event": 1}
    runtime.answer({})
    assert answer.result() == {}


def test_an_answer_to_no_event_is_refused(runtime: Runtime) -> None:
    assert runtime.answer({}, number="no-such-number") == 400
    assert runtime.answer(_FAILURE, number="no-such-number", outcome="error") == 400


def test_it_ends_quietly_whoever_waits(capfd: pytest.CaptureFixture[str]) -> None:
    with RuntimeApi() as api:
        idle, killed_idle, killed_between, working = (Runtime(api) for _ in range(4))
        caller = Caller(api.invoke)
        killed_between.ask()
        caller.invokes({})
        killed_between.take()
        killed_between.answer({})
        killed_between.kill()
        working.ask()
        unanswered = caller.invokes({})
        working.take()
        idle.ask()
        killed_idle.ask()
        _wait_for_runtimes(api, 3)
        killed_idle.kill()
    for answer in (unanswered, caller.invokes({})):
        with pytest.raises(FunctionError):
            answer.result(1)
    with pytest.raises(http.client.RemoteDisconnected):
        idle.take()
    idle.end()
    working.end()
    assert capfd.readouterr() == ("", "")
