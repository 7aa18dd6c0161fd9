"""The response to every request without a valid login."""

from dataclasses import replace

import httpx

from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan

# The prefixes that CloudFormation gives to the names of our tables.
_SCAN = LeakScan(
    replace(SETTINGS, dwipps_table="DwippsTable", reactions_table="ReactionsTable", members_table="MembersTable")
)
# Stands for the request of a response that has none, because it came from a Lambda event.
_REQUEST = httpx.Request("GET", "https://dwipper.test")


def assert_unauthorized(response: httpx.Response, *secrets: str) -> None:
    """Assert that the response is the 401 of the contract, and discloses nothing.

    Args:
        response: the response.
        secrets: texts of the request that the response must not repeat.
    """
    assert response.status_code == 401, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["type"] == "urn:dwipper:problem:unauthenticated"
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert not any(secret and secret in response.text for secret in secrets)
    _SCAN.check(_with_request(response))


def _with_request(response: httpx.Response) -> httpx.Response:
    try:
        _ = response.request
    except RuntimeError:
        response.request = _REQUEST
    return response
