"""What whoever is not logged in gets, whatever they asked for."""

from dataclasses import replace

import httpx

from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan

# Any other tables are known by what their names begin with.
_SCAN = LeakScan(
    replace(SETTINGS, dwipps_table="DwippsTable", reactions_table="ReactionsTable", members_table="MembersTable")
)
# Of an answer that no request is known of: an event that was refused was none.
_NO_REQUEST = httpx.Request("GET", "https://dwipper.test")


def assert_unauthorized(answer: httpx.Response, *secrets: str) -> None:
    """It is the 401 of the contract, tells nothing, and repeats nothing of what was sent."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["type"] == "urn:dwipper:problem:unauthenticated"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert not any(secret and secret in answer.text for secret in secrets)
    _SCAN.check(_with_a_request(answer))


def _with_a_request(answer: httpx.Response) -> httpx.Response:
    try:
        _ = answer.request
    except RuntimeError:
        answer.request = _NO_REQUEST
    return answer
