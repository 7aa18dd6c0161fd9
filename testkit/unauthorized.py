"""The check of the response to a request without valid authorization."""

from dataclasses import replace

import httpx

from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan

# The prefixes that CloudFormation gives to the names of our tables.
_SCAN = LeakScan(
    replace(
        SETTINGS,
        dwipps_table="DwippsTable",
        reactions_table="ReactionsTable",
        members_table="MembersTable",
        safety_table="SafetyTable",
    )
)
# The leak scan reads the request of a response. The response to a Lambda event has none.
_REQUEST = httpx.Request("GET", "https://dwipper.test")


def assert_unauthorized(response: httpx.Response, *secrets: str) -> None:
    """Assert that the response is the documented 401, and that it leaks no internal data.

    Args:
        response: the response.
        secrets: strings of the request that the response must not repeat.
    """
    assert response.status_code == 401, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["type"] == "urn:dwipper:problem:unauthenticated"
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert not any(secret and secret in response.text for secret in secrets)
    _SCAN.check(_ensure_request(response))


def _ensure_request(response: httpx.Response) -> httpx.Response:
    try:
        _ = response.request
    except RuntimeError:
        response.request = _REQUEST
    return response
