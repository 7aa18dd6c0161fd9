"""Where MiniStack posts a function's invocations: what it is answered, and what a failure looks like."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.local import function_url
from app.local.invocations import FunctionError


def _invoked(port: int, event: Mapping[str, Any]) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}/", json=event, trust_env=False)


def test_an_event_gets_what_the_function_answers(free_port: int) -> None:
    with function_url.serving(free_port, lambda event: {"statusCode": 200, "body": event["path"]}):
        for path in ("/health", "/ü"):
            answer = _invoked(free_port, {"path": path})
            assert (answer.status_code, answer.json()) == (200, {"statusCode": 200, "body": path})


def test_a_function_that_fails_says_of_what(free_port: int) -> None:
    def fail(_: Mapping[str, Any]) -> dict[str, Any]:
        raise FunctionError({"errorType": "Runtime.ExitError", "errorMessage": "It ended."})

    with function_url.serving(free_port, fail):
        answer = _invoked(free_port, {})
    assert (answer.status_code, answer.json()["errorType"]) == (500, "Runtime.ExitError")
    with pytest.raises(httpx.ConnectError):
        _invoked(free_port, {})
