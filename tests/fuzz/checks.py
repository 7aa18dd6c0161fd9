"""Checks of each response, in addition to those of schemathesis.

The import of this module registers the checks, except for the leak check.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import EnsureResourceAvailability
from schemathesis.schemas import BaseSchema

from app import errors
from app.accounts import password_rules
from app.accounts.password_rules import is_email_or_local_part, normalize_password
from app.dwipps.listing_query import BESIDE_IDS, ONLY_WITH_NEW, ONLY_WITH_TOP, SENT_TWICE
from app.moderation.schemas import OUT_OF_RANGE, PAST_END
from app.openapi.problem_responses import BODY_ERRORS, MEMBER_ERRORS
from app.settings import Settings
from app.web import problems
from testkit.leak_scan import LeakScan

Check = Callable[[Any, Response, Any], bool | None]

# The problem types that a valid request must not get: malformed or unauthenticated requests, too many requests, and
# errors of the server.
_UNEXPECTED_PROBLEMS = {
    (problems.PROBLEM_TYPES[kind] if isinstance(kind, type) else kind).urn for kind in (*BODY_ERRORS, *MEMBER_ERRORS)
}
# Flaws of a request that is valid by the document.
_CONTENT_FLAWS = {PAST_END, OUT_OF_RANGE, BESIDE_IDS, SENT_TWICE, ONLY_WITH_NEW, ONLY_WITH_TOP}
_CONNECTION_HEADERS = {"connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"}
_REPEATED_ID = re.compile(r"Id \d+ is repeated\.")
_WEAK_PASSWORD = problems.PROBLEM_TYPES[errors.WeakPasswordError].urn


@schemathesis.check
def valid_request_is_refused_only_for_its_content(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Check that a valid request is refused only for its content, such as the id of a missing Dwipp."""
    if case.meta and case.meta.generation.mode.is_positive and response.status_code >= 400:
        assert response.json()["type"] not in _UNEXPECTED_PROBLEMS or _has_undocumented_flaw(response.json())
        if response.json()["type"] == _WEAK_PASSWORD:
            assert _may_be_weak(case.body)


def _has_undocumented_flaw(problem: Any) -> bool:
    """Return True if the document cannot exclude any of the flaws.

    Such flaws are times in the past or out of range, repeated ids, and parameters that do not go together.
    """
    details = [flaw["detail"] for flaw in problem.get("errors", ())]
    return bool(details) and all(detail in _CONTENT_FLAWS or _REPEATED_ID.fullmatch(detail) for detail in details)


def _may_be_weak(body: Any) -> bool:
    """Return True if a rule that the document cannot express may refuse the new password."""
    password = body.get("new_password") or body["password"]
    normalized = normalize_password(password)
    is_common = normalized.casefold() in password_rules._common_passwords()
    return is_common or normalized != password or is_email_or_local_part(normalized, body.get("email", ""))


@schemathesis.check
def response_has_documented_form(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Check that an error is a problem with the request id, and that a success has a body only if one is documented."""
    # The response `default` is for the gateway. Schemathesis also sends methods that a path does not support (405).
    documented = case.operation.responses.get(str(response.status_code))
    assert documented or response.status_code == problems.METHOD_NOT_ALLOWED.status
    if response.status_code >= 400:
        assert response.headers["content-type"] == [problems.MEDIA_TYPE]
        assert [response.json()["request_id"]] == response.headers["x-request-id"]
    else:
        assert documented
        assert bool(response.content) == ("content" in documented.definition)


def register_leak_check(settings: Settings) -> Check:
    """Register and return a check that responses leak no internal data.

    Args:
        settings: the settings of the API under test.
    """
    scan = LeakScan(settings)

    @schemathesis.check
    def leaks_nothing(_ctx: CheckContext, response: Response, _case: Case[Any]) -> None:
        scan.check(_convert_to_httpx(response))

    return leaks_nothing


def _convert_to_httpx(response: Response) -> httpx.Response:
    request = response.request
    headers = [(name.encode(), _encode(value)) for name, value in request.headers.items()]
    content = _encode(request.body) if isinstance(request.body, str | bytes) else b""
    return httpx.Response(
        response.status_code,
        headers=[(name, value) for name, values in response.headers.items() for value in values],
        content=response.content,
        request=httpx.Request(request.method or "", request.url or "", headers=headers, content=content),
        extensions={"reason_phrase": response.message.encode()},
    )


def _encode(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="replace")


def ignore_paths_with_a_final_line_feed(schema: BaseSchema) -> None:
    """Send no path that ends with a line feed. Such a path is never one of the API, whatever its parameter."""

    @schema.hook
    def filter_path_parameters(_context: HookContext, path_parameters: Any) -> bool:
        return not any(unquote(str(value)).endswith("\n") for value in (path_parameters or {}).values())


def ignore_headers_of_the_connection(schema: BaseSchema) -> None:
    """Send no random header that frames the request or steers the connection. The server answers these, not the API."""

    @schema.hook
    def filter_headers(_context: HookContext, headers: Any) -> bool:
        return not _CONNECTION_HEADERS & {name.lower() for name in headers or {}}


def ignore_deleted_replays(schema: BaseSchema) -> None:
    """Suppress failures to read a created Dwipp that was deleted.

    A repeated create with the same `Idempotency-Key` gets the first response, even if the Dwipp was deleted since.
    """
    deleted: set[str] = set()

    @schema.hook
    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        if case.operation.label == "DELETE /v1/dwipps/{dwipp_id}" and response.status_code == 204:
            deleted.add(case.path_parameters["dwipp_id"])

    @schema.hook
    def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], _response: Response) -> bool:
        return not isinstance(failure, EnsureResourceAvailability) or case.path_parameters["dwipp_id"] not in deleted
