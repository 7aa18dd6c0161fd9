"""Faults at single calls of an app in this process, without a proxy: exact, and quick but where they mean to be slow.

What is injected is so for one request and all that it calls, in other threads too; other requests go on as ever.
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

_TARGET = "X-Amz-Target"
_ATTEMPT = re.compile(r".*attempt=(\d+); max=(\d+)")
_TRIED_ONCE = ("SignUp", "ConfirmSignUp", "ConfirmForgotPassword", "ChangePassword")

Send = Callable[[Any, Any], Any]

_really_send: Send = URLLib3Session.send
_sender: ContextVar[Send] = ContextVar("sender", default=_really_send)


@contextmanager
def injectable() -> Iterator[None]:
    """Let `Injector` and `last_try_only` have a say in what the SDK sends, until the block ends."""

    def send(session: Any, request: Any) -> Any:
        return _sender.get()(session, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        yield


@contextmanager
def last_try_only() -> Iterator[None]:
    """No call is answered but at the SDK's last try, and as late as it waits for an answer at each of its tries."""
    with _sending(_send_last_try):
        yield


@dataclass
class Injector:
    """Lets the n-th call meet a fault at its first try, and another one, or none, at all further ones.

    The SDK tries a call again by itself, and gives all tries of one call the same id. Where an operation is named, all
    calls of it meet that, and not the n-th call.
    """

    fault: Fault
    nth: int
    then: Fault | None
    every: str = ""
    operations: list[str] = field(default_factory=list)
    met: bool = False
    _tries: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Inject until the block ends; meanwhile nobody makes pauses, and the SDK never has enough of trying again."""
        with _sending(self._send), pytest.MonkeyPatch.context() as patch:
            patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
            patch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
            patch.setattr("time.sleep", lambda _: None)
            yield

    def _send(self, session: Any, request: Any) -> Any:
        service: AwsService = "dynamodb" if "DynamoDB" in _header(request, _TARGET) else "cognito"
        operation = _operation(request)
        fault = self._due(request)
        if fault not in faults.possible_faults(service, operation):
            return _really_send(session, request)
        self.met = True
        answer = _really_send(session, request) if fault.is_after else _made_up(fault, service, request)
        if fault.is_timeout:
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault.is_cut:
            raise ConnectionClosedError(endpoint_url=request.url)
        if fault.is_after:
            answer._content = faults.corrupt(fault, answer.content)
        return answer

    def _due(self, request: Any) -> Fault | None:
        call = _header(request, "amz-sdk-invocation-id")
        with self._lock:
            is_first_try = call not in self._tries
            if is_first_try:
                self._tries.append(call)
                self.operations.append(_operation(request))
            if not self._is_meant(_operation(request), self._tries.index(call) + 1):
                return None
            return self.fault if is_first_try else self.then

    def _is_meant(self, operation: str, number: int) -> bool:
        return operation == self.every if self.every else number == self.nth


@contextmanager
def _sending(send: Send) -> Iterator[None]:
    token = _sender.set(send)
    try:
        yield
    finally:
        _sender.reset(token)


def _send_last_try(session: Any, request: Any) -> Any:
    read_timeout = session._timeout.read_timeout
    time.sleep(read_timeout)
    attempt = _ATTEMPT.fullmatch(_header(request, "amz-sdk-request"))  # A first try does not say how many there are.
    is_last = attempt[1] == attempt[2] if attempt else _operation(request) in _TRIED_ONCE
    if is_last:
        return _really_send(session, request)
    raise ReadTimeoutError(endpoint_url=request.url)


def _made_up(fault: Fault, service: AwsService, request: Any) -> Any:
    status, content = faults.fault_response(fault, service, _operation(request), request.body)
    answer: Any = AWSResponse(request.url, status, HTTPHeaders(), None)
    answer._content = content
    return answer


def _operation(request: Any) -> str:
    return _header(request, _TARGET).rpartition(".")[2]


def _header(request: Any, name: str) -> str:
    value = request.headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)
