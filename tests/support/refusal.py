"""What whoever is not logged in gets, whatever they asked for."""

import httpx


def assert_refused(answer: httpx.Response, *secrets: str) -> None:
    """It is the 401 of the contract, and repeats nothing of what was sent."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["type"] == "urn:dwipper:problem:unauthenticated"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert not any(secret and secret in answer.text for secret in secrets)
