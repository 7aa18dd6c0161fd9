"""Runtimes take events from the stand-in for Lambda's Runtime API, and each caller gets its own response."""

import http.client
import time
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.invocations import FunctionError
from devstack.runtime_api import RuntimeApi
from testkit.runtimes import Invoker, Runtime

_ERROR = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ["line 1"]}


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with RuntimeApi(timeout_seconds=5) as api:
        yield api


@pytest.fixture
def invoker(api: RuntimeApi) -> Invoker:
    return Invoker(api.invoke)


@pytest.fixture
def runtimes(api: RuntimeApi) -> Iterator[tuple[Runtime, Runtime]]:
    both = Runtime(api), Runtime(api)
    yield both
    for runtime in both:
        runtime.close()


@pytest.fixture
def runtime(runtimes: tuple[Runtime, Runtime]) -> Runtime:
    return runtimes[0]


def _wait_for_runtimes(api: RuntimeApi, count: int) -> None:
    deadline = time.monotonic() + 5
    while len(api._invocations._runtimes) != count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_runtime_gets_the_event_and_the_caller_gets_the_response(invoker: Invoker, runtime: Runtime) -> None:
    runtime.request_event()
    response = invoker.invoke({"path": "/", "body": "é"})
    assert runtime.receive_event() == {"path": "/", "body": "é"}
    assert runtime.respond({"statusCode": 200}) == 202
    assert response.result() == {"statusCode": 200}


def test_headers_describe_the_invocation(invoker: Invoker, runtime: Runtime) -> None:
    runtime.request_event()
    response = invoker.invoke({})
    runtime.receive_event()
    assert runtime.headers["Content-Type"] == "application/json"
    assert runtime.headers["Lambda-Runtime-Invoked-Function-Arn"].startswith("arn:aws:lambda:")
    assert int(runtime.headers["Lambda-Runtime-Deadline-Ms"]) / 1000 == pytest.approx(time.time() + 5, abs=2)
    runtime.respond({})
    response.result()


def test_each_caller_gets_the_response_to_its_own_event(invoker: Invoker, runtimes: tuple[Runtime, Runtime]) -> None:
    responses = [invoker.invoke({"event": number}) for number in range(2)]
    for runtime in runtimes:
        runtime.request_event()
    events = [runtime.receive_event()["event"] for runtime in runtimes]
    for runtime, event in reversed(list(zip(runtimes, events, strict=True))):
        runtime.respond({"answer": event})
    assert [response.result() for response in responses] == [{"answer": 0}, {"answer": 1}]


def test_response_does_not_wait_for_a_tcp_acknowledgement(invoker: Invoker, runtime: Runtime) -> None:
    durations = []
    for _ in range(10):
        start = time.monotonic()
        runtime.request_event()
        response = invoker.invoke({})
        runtime.receive_event()
        runtime.respond({})
        response.result()
        durations.append(time.monotonic() - start)
    assert min(durations) < 0.03, "each response took as long as a delayed acknowledgement, which takes 0.04 seconds"


def test_function_error_reaches_the_caller(invoker: Invoker, runtime: Runtime) -> None:
    runtime.request_event()
    response = invoker.invoke({})
    runtime.receive_event()
    assert runtime.respond(_ERROR, outcome="error") == 202
    with pytest.raises(FunctionError, match=r"^ValueError: no$") as failure:
        response.result()
    assert failure.value.payload == _ERROR


def test_init_error_reaches_the_caller(invoker: Invoker, runtime: Runtime) -> None:
    response = invoker.invoke({})
    assert runtime.report_init_error(_ERROR) == 202
    with pytest.raises(FunctionError, match=r"^ValueError: no$"):
        response.result()


@pytest.mark.parametrize("disconnect", [Runtime.close, Runtime.kill])
def test_event_fails_at_once_if_its_runtime_ends(disconnect: Any, invoker: Invoker, runtime: Runtime) -> None:
    runtime.request_event()
    response = invoker.invoke({})
    runtime.receive_event()
    disconnect(runtime)
    with pytest.raises(FunctionError, match=r"^Runtime.ExitError: "):
        response.result(1)


@pytest.mark.parametrize("disconnect", [Runtime.close, Runtime.kill])
def test_runtime_that_ended_while_waiting_takes_no_event(
    disconnect: Any, api: RuntimeApi, invoker: Invoker, runtimes: tuple[Runtime, Runtime]
) -> None:
    ended, runtime = runtimes
    ended.request_event()
    _wait_for_runtimes(api, 1)
    disconnect(ended)
    response = invoker.invoke({"event": 1})
    runtime.request_event()
    assert runtime.receive_event() == {"event": 1}
    runtime.respond({})
    assert response.result() == {}


def test_response_with_an_unknown_request_id_is_400(runtime: Runtime) -> None:
    assert runtime.respond({}, invocation_id="no-such-id") == 400
    assert runtime.respond(_ERROR, invocation_id="no-such-id", outcome="error") == 400


def test_close_releases_all_runtimes_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with RuntimeApi() as api:
        idle, killed_idle, killed_between, working = (Runtime(api) for _ in range(4))
        invoker = Invoker(api.invoke)
        killed_between.request_event()
        invoker.invoke({})
        killed_between.receive_event()
        killed_between.respond({})
        killed_between.kill()
        working.request_event()
        unanswered = invoker.invoke({})
        working.receive_event()
        idle.request_event()
        killed_idle.request_event()
        _wait_for_runtimes(api, 3)
        killed_idle.kill()
    for response in (unanswered, invoker.invoke({})):
        with pytest.raises(FunctionError):
            response.result(1)
    with pytest.raises(http.client.RemoteDisconnected):
        idle.receive_event()
    idle.close()
    working.close()
    assert capfd.readouterr() == ("", "")
