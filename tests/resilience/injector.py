"""Faults and delays of calls to AWS, injected into the SDK of this process. This is faster than a proxy.

An injection affects the calls of one request, also those in other threads. It does not affect other requests.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from testkit import faults
from testkit.faults import AwsService, Fault

_TARGET_HEADER = "X-Amz-Target"
_ATTEMPT = re.compile(r".*attempt=(\d+); max=(\d+)")
# The app makes these calls without retries of the SDK.
_SINGLE_ATTEMPT_OPERATIONS = ("SignUp", "ConfirmSignUp", "ConfirmForgotPassword", "ChangePassword")

_HOLD_TIMEOUT_SECONDS = 30.0

Send = Callable[[Any, Any], Any]

_original_send: Send = URLLib3Session.send
_current_send: ContextVar[Send] = ContextVar("current_send", default=_original_send)


@contextmanager
def intercept_sdk() -> Iterator[None]:
    """Let the classes and functions of this module intercept the SDK's requests until the block ends."""

    def send(session: Any, request: Any) -> Any:
        return _current_send.get()(session, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        yield


@contextmanager
def delay_every_response() -> Iterator[None]:
    """Let each attempt of each call time out, except for the last. That one succeeds just before its timeout."""
    with _use_send(_send_last_attempt):
        yield


@dataclass
class FaultInjector:
    """An injector of faults into one call of a request, or into all calls of one operation.

    A call has several attempts if the SDK retries it. They have the same invocation id.

    Attributes:
        fault: the fault of the first attempt.
        call_number: the number of the call within the request, from 1.
        retry_fault: the fault of all further attempts, None for none.
        every_call_to: the operation whose calls all get the faults. If it is set, `call_number` is ignored.
        operations: the operations of the calls so far.
        was_injected: whether a call got a fault.
    """

    fault: Fault
    call_number: int
    retry_fault: Fault | None
    every_call_to: str = ""
    operations: list[str] = field(default_factory=list)
    was_injected: bool = False
    _call_ids: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def inject(self) -> Iterator[None]:
        """Inject faults until the block ends. Meanwhile no code pauses, and the SDK's retry quota is unlimited."""
        with _use_send(self._send), pytest.MonkeyPatch.context() as patch:
            patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
            patch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
            patch.setattr("time.sleep", lambda _: None)
            yield

    def _send(self, session: Any, request: Any) -> Any:
        service = faults.find_service(_get_header(request, _TARGET_HEADER))
        fault = self._get_fault(request)
        if fault not in faults.list_possible_faults(service, _get_operation(request)):
            return _original_send(session, request)
        self.was_injected = True
        response = _original_send(session, request) if fault.takes_effect else _make_response(fault, service, request)
        if fault.is_timeout:
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault.is_disconnect:
            raise ConnectionClosedError(endpoint_url=request.url)
        if fault.takes_effect:
            response._content = faults.corrupt(fault, response.content)
        return response

    def _get_fault(self, request: Any) -> Fault | None:
        call_id = _get_header(request, "amz-sdk-invocation-id")
        with self._lock:
            is_first_attempt = call_id not in self._call_ids
            if is_first_attempt:
                self._call_ids.append(call_id)
                self.operations.append(_get_operation(request))
            if not self._is_selected(_get_operation(request), self._call_ids.index(call_id) + 1):
                return None
            return self.fault if is_first_attempt else self.retry_fault

    def _is_selected(self, operation: str, number: int) -> bool:
        return operation == self.every_call_to if self.every_call_to else number == self.call_number


class WriteHolder:
    """A holder of the writes to DynamoDB of some requests, until a test releases them."""

    def __init__(self, writes: int) -> None:
        self._arrived = threading.Semaphore(0)
        self._writes = writes
        self._released = threading.Event()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the writes of the requests in the block."""
        with _use_send(self._send):
            yield

    def wait_until_held(self) -> None:
        """Wait until the expected number of writes is held."""
        for _ in range(self._writes):
            assert self._arrived.acquire(timeout=_HOLD_TIMEOUT_SECONDS), "a write was never made"

    def release(self) -> None:
        """Let the writes take effect."""
        self._released.set()

    def _send(self, session: Any, request: Any) -> Any:
        if _get_operation(request) in faults.WRITES:
            self._arrived.release()
            assert self._released.wait(_HOLD_TIMEOUT_SECONDS), "the writes were never released"
        return _original_send(session, request)


@contextmanager
def _use_send(send: Send) -> Iterator[None]:
    token = _current_send.set(send)
    try:
        yield
    finally:
        _current_send.reset(token)


def _send_last_attempt(session: Any, request: Any) -> Any:
    read_timeout = session._timeout.read_timeout
    time.sleep(read_timeout)
    # The header of the first attempt does not contain the maximum.
    attempt = _ATTEMPT.fullmatch(_get_header(request, "amz-sdk-request"))
    is_last = attempt[1] == attempt[2] if attempt else _get_operation(request) in _SINGLE_ATTEMPT_OPERATIONS
    if is_last:
        return _original_send(session, request)
    raise ReadTimeoutError(endpoint_url=request.url)


def _make_response(fault: Fault, service: AwsService, request: Any) -> Any:
    status, content = faults.make_fault_response(fault, service, _get_operation(request), request.body)
    response: Any = AWSResponse(request.url, status, HTTPHeaders(), None)
    response._content = content
    return response


def _get_operation(request: Any) -> str:
    return _get_header(request, _TARGET_HEADER).rpartition(".")[2]


def _get_header(request: Any, name: str) -> str:
    value = request.headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)
