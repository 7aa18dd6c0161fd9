"""Checks of every response, in addition to those of schemathesis. An import of this module registers them."""

from collections.abc import Callable
from typing import Any

import httpx
import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import EnsureResourceAvailability
from schemathesis.schemas import BaseSchema

from app import errors
from app.openapi.problem_responses import BODY_ERRORS, MEMBER_ERRORS
from app.settings import Settings
from app.web import problems
from testkit.leak_scan import LeakScan

Check = Callable[[Any, Response, Any], bool | None]

# The problem types of malformed and unauthenticated requests, and of server errors.
_FORM_PROBLEMS = {
    (problems.PROBLEM_TYPES[kind] if isinstance(kind, type) else kind).urn
    for kind in (*BODY_ERRORS, *MEMBER_ERRORS, errors.WeakPasswordError)
}


@schemathesis.check
def form_of_valid_request_is_accepted(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Check that a valid request is refused for its content only, such as a missing Dwipp, and not for its form."""
    if case.meta and case.meta.generation.mode.is_positive and response.status_code >= 400:
        assert response.json()["type"] not in _FORM_PROBLEMS


@schemathesis.check
def response_has_the_form_of_the_contract(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Check that an error is a problem with the id of the request, and that only documented bodies are sent."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == [problems.MEDIA_TYPE]
        assert [response.json()["request_id"]] == response.headers["x-request-id"]
    else:
        documented = case.operation.responses.find_by_status_code(response.status_code)
        assert documented
        assert bool(response.content) == ("content" in documented.definition)


def register_leak_check(settings: Settings) -> Check:
    """Register and return a check that no response leaks internal data.

    Args:
        settings: those of the API under test.
    """
    scan = LeakScan(settings)

    @schemathesis.check
    def leaks_nothing(_ctx: CheckContext, response: Response, _case: Case[Any]) -> None:
        scan.check(_to_httpx(response))

    return leaks_nothing


def _to_httpx(response: Response) -> httpx.Response:
    request = response.request
    headers = [(name.encode(), _to_bytes(value)) for name, value in request.headers.items()]
    content = _to_bytes(request.body) if isinstance(request.body, str | bytes) else b""
    return httpx.Response(
        response.status_code,
        headers=[(name, value) for name, values in response.headers.items() for value in values],
        content=response.content,
        request=httpx.Request(request.method or "", request.url or "", headers=headers, content=content),
        extensions={"reason_phrase": response.message.encode()},
    )


def _to_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="replace")


def ignore_replays_of_deleted_dwipps(schema: BaseSchema) -> None:
    """Ignore that a replayed create names a deleted Dwipp. The response to an `Idempotency-Key` outlives its Dwipp."""
    deleted: set[str] = set()

    @schema.hook
    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        if case.operation.label == "DELETE /v1/dwipps/{dwipp_id}" and response.status_code == 204:
            deleted.add(case.path_parameters["dwipp_id"])

    @schema.hook
    def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], _response: Response) -> bool:
        return not isinstance(failure, EnsureResourceAvailability) or case.path_parameters["dwipp_id"] not in deleted
