"""Each event is handled by one runtime before its deadline, and fails if no runtime can handle it."""

import threading
import time
from concurrent.futures import Future
from typing import Any

import pytest

from devstack.invocations import FunctionError, Invocation, Invocations
from testkit.runtimes import Invoker

_INIT_ERROR = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'app'", "stackTrace": []}


def _take(invocations: Invocations, runtime: str = "runtime") -> Invocation:
    invocation = invocations.take(runtime, lambda: False)
    assert invocation
    return invocation


def _queue(invocations: Invocations, event: Any) -> Future[dict[str, Any]]:
    """Invoke in another thread, and return the future response once the event waits for a runtime."""
    response = Invoker(invocations.invoke).invoke(event)
    deadline = time.monotonic() + 5
    while invocations._waiting.empty():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return response


class TestTimeout:
    def test_event_without_a_response_times_out_at_its_deadline(self) -> None:
        invocations = Invocations(timeout_seconds=0.2)
        response = _queue(invocations, {})
        assert _take(invocations).deadline == pytest.approx(time.time() + 0.2, abs=0.2)
        with pytest.raises(FunctionError, match=r"^Sandbox.Timedout: "):
            response.result(1)

    def test_late_response_is_accepted(self) -> None:
        invocations = Invocations(timeout_seconds=0.1)
        response = _queue(invocations, {})
        invocation = _take(invocations)
        with pytest.raises(FunctionError):
            response.result(1)
        assert invocations.finish(invocation.request_id, b"{}"), (
            "the late response was refused, which crashes awslambdaric"
        )

    def test_event_that_timed_out_is_given_to_no_runtime(self) -> None:
        invocations = Invocations(timeout_seconds=0.1)
        with pytest.raises(FunctionError):
            invocations.invoke({"event": "old"})
        _queue(invocations, {"event": "new"})
        assert _take(invocations).event == b'{"event": "new"}'


class TestInitError:
    def test_waiting_and_new_events_fail(self) -> None:
        invocations = Invocations(timeout_seconds=5)
        response = _queue(invocations, {})
        invocations.fail_init(_INIT_ERROR)
        with pytest.raises(FunctionError, match="No module named 'app'") as failure:
            response.result(1)
        assert failure.value.payload == _INIT_ERROR
        with pytest.raises(FunctionError, match="No module named 'app'"):
            invocations.invoke({})

    def test_runtime_that_starts_later_clears_the_error(self) -> None:
        invocations = Invocations(timeout_seconds=0.2)
        invocations.fail_init(_INIT_ERROR)
        runtime = threading.Thread(target=lambda: invocations.finish(_take(invocations).request_id, b"{}"))
        runtime.start()
        while not invocations._runtimes:
            time.sleep(0.001)
        assert invocations.invoke({}) == {}
        runtime.join()
        invocations.remove_runtime("runtime", "")
        with pytest.raises(FunctionError, match=r"^Sandbox.Timedout: "):
            invocations.invoke({})

    def test_no_event_fails_while_another_runtime_is_connected(self) -> None:
        invocations = Invocations(timeout_seconds=5)
        _queue(invocations, {})
        first = _take(invocations)
        waiting = _queue(invocations, {})
        invocations.fail_init(_INIT_ERROR)
        new = _queue(invocations, {})
        invocations.finish(first.request_id, b"{}")
        for number, response in enumerate((waiting, new)):
            invocations.finish(_take(invocations).request_id, b'{"answer": %d}' % number)
            assert response.result(1) == {"answer": number}
