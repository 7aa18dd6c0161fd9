"""What holds for every answer, beside what schemathesis checks by itself; importing this has it checked too."""

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

# What is wrong with a request whatever it asks for, or with us.
_OF_FORM = {
    (problems.PROBLEM_TYPES[kind] if isinstance(kind, type) else kind).urn
    for kind in (*BODY_ERRORS, *MEMBER_ERRORS, errors.WeakPasswordError)
}


@schemathesis.check
def refused_for_what_it_asks(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request as the spec has it is refused for what it asks, such as a Dwipp that is not there, not for its form."""
    if case.meta and case.meta.generation.mode.is_positive and response.status_code >= 400:
        assert response.json()["type"] not in _OF_FORM


@schemathesis.check
def answered_in_our_form(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Whatever is asked, errors are problems with the request's id; no body is there where none is documented."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == [problems.MEDIA_TYPE]
        assert [response.json()["request_id"]] == response.headers["x-request-id"]
    else:
        answer = case.operation.responses.find_by_status_code(response.status_code)
        assert answer
        assert bool(response.content) == ("content" in answer.definition)


def search_all(settings: Settings) -> Check:
    """Have every answer of an API that runs with these settings searched for what none may say."""
    scan = LeakScan(settings)

    @schemathesis.check
    def tells_nothing(_ctx: CheckContext, response: Response, _case: Case[Any]) -> None:
        scan.check(_as_httpx(response))

    return tells_nothing


def _as_httpx(response: Response) -> httpx.Response:
    asked = response.request
    headers = [(name.encode(), _bytes(value)) for name, value in asked.headers.items()]
    content = _bytes(asked.body) if isinstance(asked.body, str | bytes) else b""
    return httpx.Response(
        response.status_code,
        headers=[(name, value) for name, values in response.headers.items() for value in values],
        content=response.content,
        request=httpx.Request(asked.method or "", asked.url or "", headers=headers, content=content),
        extensions={"reason_phrase": response.message.encode()},
    )


def _bytes(sent: str | bytes) -> bytes:
    return sent if isinstance(sent, bytes) else sent.encode(errors="replace")


def except_replays(schema: BaseSchema) -> None:
    """What an `Idempotency-Key` has created again was created once, and need not be there any more."""
    deleted: set[str] = set()

    @schema.hook
    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        if case.operation.label == "DELETE /v1/dwipps/{dwipp_id}" and response.status_code == 204:
            deleted.add(case.path_parameters["dwipp_id"])

    @schema.hook
    def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], _response: Response) -> bool:
        return not isinstance(failure, EnsureResourceAvailability) or case.path_parameters["dwipp_id"] not in deleted
