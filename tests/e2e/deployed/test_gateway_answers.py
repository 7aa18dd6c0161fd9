"""API Gateway's own responses are problem documents like those of the app, and readable by pages of any origin."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from devstack import clients
from devstack.deployment import STAGE, Deployment
from tests.e2e.deployed.deployed_api import StageTransport

pytestmark = pytest.mark.slow

SendRequest = Callable[..., httpx.Response]


@pytest.fixture
def send(deployed: Deployment) -> SendRequest:
    """Return a function that sends a request to the gateway with the header `Origin`."""

    def send_request(method: str = "GET", path: str = "/v1/me", **headers: str) -> httpx.Response:
        origin = {"Origin": "https://example.org"}
        with httpx.Client(transport=_SyncStageTransport(deployed.url), base_url="https://dwipper.test") as client:
            return client.request(method, path, headers=origin | headers)

    return send_request


class _SyncStageTransport(httpx.BaseTransport):
    """A synchronous transport to a stage of API Gateway, which keeps the gateway's own headers."""

    def __init__(self, url: str) -> None:
        self._stage = StageTransport(url)
        self._carrier = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._carrier.handle_request(self._stage.to_stage(request))

    def close(self) -> None:
        self._carrier.close()


@pytest.fixture
def api_id(gateway: Any) -> str:
    """Return the id of the REST API."""
    (api,) = gateway.get_rest_apis()["items"]
    return str(api["id"])


def _assert_problem(response: httpx.Response, status: int, slug: str) -> None:
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status), response.text
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem.keys() == {"type", "title", "status", "detail", "request_id"}
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == problem["request_id"]
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in response.headers["access-control-expose-headers"]


def _create_tokens(deployed: Deployment) -> dict[str, str]:
    """Create a user, confirm it as an administrator, and return its tokens."""
    settings, email = deployed.settings, "gateway@example.org"
    cognito = clients.cognito_client(deployed.aws.endpoint, settings.region)
    cognito.sign_up(ClientId=settings.user_pool_client_id, Username=email, Password="a rubber duck knows")
    cognito.admin_confirm_sign_up(UserPoolId=settings.user_pool_id, Username=email)
    response: Any = cognito.admin_initiate_auth(
        UserPoolId=settings.user_pool_id,
        ClientId=settings.user_pool_client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": "a rubber duck knows"},
    )
    return dict(response["AuthenticationResult"])


def _change_subject(token: str) -> str:
    """Return the token with another `sub` and the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    return f"{header}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


def test_authorizer_refuses_all_but_valid_access_tokens(send: SendRequest, deployed: Deployment) -> None:
    tokens = _create_tokens(deployed)
    assert send(Authorization=f"Bearer {tokens['AccessToken']}").status_code == 200
    refused = {
        "no token": {},
        "empty": {"Authorization": ""},
        "garbage": {"Authorization": "Bearer x"},
        "an ID token": {"Authorization": f"Bearer {tokens['IdToken']}"},
        "a refresh token": {"Authorization": f"Bearer {tokens['RefreshToken']}"},
        "changed subject": {"Authorization": f"Bearer {_change_subject(tokens['AccessToken'])}"},
        "no signature": {"Authorization": f"Bearer {tokens['AccessToken'].rpartition('.')[0]}."},
    }
    for name, headers in refused.items():
        response = send(**headers)
        _assert_problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.headers["x-amzn-errortype"] == "UnauthorizedException", f"{name}: not the gateway's response"


def test_preflight_health_and_auth_require_no_token(send: SendRequest) -> None:
    preflight_headers = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    preflight = send("OPTIONS", "/v1/me", **preflight_headers)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert send("POST", "/v1/auth/logout").status_code == 422
    assert send("GET", "/health").status_code == 200


def _set_limits(gateway: Any, api_id: str, rate: float, burst: int) -> None:
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(rate)},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
    ]
    gateway.update_stage(restApiId=api_id, stageName=STAGE, patchOperations=operations)


@contextmanager
def _throttle_all(gateway: Any, api_id: str) -> Iterator[None]:
    """Set the limits of the stage to 0 until the block ends."""
    settings = gateway.get_stage(restApiId=api_id, stageName=STAGE)["methodSettings"]["*/*"]
    _set_limits(gateway, api_id, 0, 0)
    try:
        yield
    finally:
        _set_limits(gateway, api_id, settings["throttlingRateLimit"], settings["throttlingBurstLimit"])


def test_throttled_request_is_429_with_retry_after(send: SendRequest, gateway: Any, api_id: str) -> None:
    with _throttle_all(gateway, api_id):
        for path in ("/v1/auth/login", "/health"):
            response = send(path=path)
            _assert_problem(response, 429, "too-many-requests")
            assert response.headers["retry-after"] == "1"
    assert send(path="/health").status_code == 200


@contextmanager
def _misconfigure_authorizer(gateway: Any, api_id: str) -> Iterator[None]:
    """Point the route for members to a missing authorizer until the block ends."""
    resources = gateway.get_resources(restApiId=api_id)["items"]
    (resource,) = (resource for resource in resources if resource["path"] == "/v1/{proxy+}")
    method = {"restApiId": api_id, "resourceId": resource["id"], "httpMethod": "ANY"}

    def point_to(authorizer_id: str) -> None:
        operation = {"op": "replace", "path": "/authorizerId", "value": authorizer_id}
        gateway.update_method(**method, patchOperations=[operation])

    original_id = gateway.get_method(**method)["authorizerId"]
    point_to("missing")
    try:
        yield
    finally:
        point_to(original_id)


def test_missing_authorizer_is_500(send: SendRequest, gateway: Any, api_id: str) -> None:
    with _misconfigure_authorizer(gateway, api_id):
        _assert_problem(send(Authorization="Bearer x.y.z"), 500, "internal-error")
    _assert_problem(send(Authorization="Bearer x.y.z"), 401, "unauthenticated")


_DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}],
}


@contextmanager
def _deny_all(gateway: Any, api_id: str) -> Iterator[None]:
    """Give the API a resource policy that denies all requests until the block ends."""
    _set_policy(gateway, api_id, json.dumps(_DENY_ALL))
    try:
        yield
    finally:
        _set_policy(gateway, api_id, "")


def _set_policy(gateway: Any, api_id: str, policy: str) -> None:
    operation = {"op": "replace", "path": "/policy", "value": policy}
    gateway.update_rest_api(restApiId=api_id, patchOperations=[operation])


def test_request_denied_by_the_resource_policy_is_403(send: SendRequest, gateway: Any, api_id: str) -> None:
    with _deny_all(gateway, api_id):
        _assert_problem(send(path="/health"), 403, "access-denied")
    assert send(path="/health").status_code == 200
