import threading
import time
from concurrent.futures import Future
from typing import Any

import pytest

from devstack.invocations import FunctionError, Invocation, Invocations
from testkit.runtimes import Caller

_BROKEN = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'app'", "stackTrace": []}


def _take(invocations: Invocations, runtime: str = "runtime") -> Invocation:
    invocation = invocations.take(runtime, lambda: False)
    assert invocation
    return invocation


def _hand_in(invocations: Invocations, event: Any) -> Future[dict[str, Any]]:
    """Have an event waiting."""
    answer = Caller(invocations.invoke).invokes(event)
    end = time.monotonic() + 5
    while invocations._waiting.empty():
        assert time.monotonic() < end
        time.sleep(0.001)
    return answer


def test_an_event_has_until_its_deadline_to_be_answered() -> None:
    invocations = Invocations(seconds=0.2)
    answer = _hand_in(invocations, {})
    assert _take(invocations).deadline == pytest.approx(time.time() + 0.2, abs=0.2)
    with pytest.raises(FunctionError, match=r"^Sandbox.Timedout: "):
        answer.result(1)


def test_an_answer_that_is_late_harms_nobody() -> None:
    invocations = Invocations(seconds=0.1)
    answer = _hand_in(invocations, {})
    invocation = _take(invocations)
    with pytest.raises(FunctionError):
        answer.result(1)
    assert invocations.finish(invocation.number, b"{}"), "or awslambdaric would crash"


def test_an_event_that_was_given_up_is_handed_to_nobody() -> None:
    invocations = Invocations(seconds=0.1)
    with pytest.raises(FunctionError):
        invocations.invoke({"event": "old"})
    _hand_in(invocations, {"event": "new"})
    assert _take(invocations).event == b'{"event": "new"}'


def test_a_function_that_cannot_start_fails_what_waits_and_what_comes() -> None:
    invocations = Invocations(seconds=5)
    answer = _hand_in(invocations, {})
    invocations.fail_start(_BROKEN)
    with pytest.raises(FunctionError, match="No module named 'app'") as failure:
        answer.result(1)
    assert failure.value.payload == _BROKEN
    with pytest.raises(FunctionError, match="No module named 'app'"):
        invocations.invoke({})


def test_it_is_forgiven_once_it_could_start() -> None:
    invocations = Invocations(seconds=0.2)
    invocations.fail_start(_BROKEN)
    runtime = threading.Thread(target=lambda: invocations.finish(_take(invocations).number, b"{}"))
    runtime.start()
    while not invocations._runtimes:
        time.sleep(0.001)
    assert invocations.invoke({}) == {}
    runtime.join()
    invocations.forget("runtime", "")
    with pytest.raises(FunctionError, match=r"^Sandbox.Timedout: "):
        invocations.invoke({})


def test_it_fails_nobody_while_another_runtime_is_there() -> None:
    invocations = Invocations(seconds=5)
    _hand_in(invocations, {})
    first = _take(invocations)
    waiting = _hand_in(invocations, {})
    invocations.fail_start(_BROKEN)
    coming = _hand_in(invocations, {})
    invocations.finish(first.number, b"{}")
    for number, answer in enumerate((waiting, coming)):
        invocations.finish(_take(invocations).number, b'{"answer": %d}' % number)
        assert answer.result(1) == {"answer": number}
