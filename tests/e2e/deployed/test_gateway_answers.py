"""What API Gateway answers by itself is a problem document like any other, which a page of any origin can read."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest

from devstack import clients
from devstack.deployment import STAGE, Deployment
from tests.e2e.deployed.deployed_api import Gateway

pytestmark = pytest.mark.slow

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(deployed: Deployment) -> Ask:
    """Ask the gateway from a page of another origin."""

    def answer(method: str = "GET", path: str = "/v1/me", **headers: str) -> httpx.Response:
        origin = {"Origin": "https://example.org"}
        with httpx.Client(transport=_Sync(deployed.url), base_url="https://dwipper.test") as client:
            return client.request(method, path, headers=origin | headers)

    return answer


class _Sync(httpx.BaseTransport):
    """The way to the gateway, for who does nothing else meanwhile."""

    def __init__(self, url: str) -> None:
        self._gateway = Gateway(url)
        self._carrier = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._carrier.handle_request(self._gateway.aimed(request))

    def close(self) -> None:
        self._carrier.close()


@pytest.fixture
def gateway(deployed: Deployment) -> Any:
    return boto3.client(
        "apigateway",
        endpoint_url=deployed.aws.endpoint,
        region_name=deployed.settings.region,
        aws_access_key_id=clients.ACCESS_KEY,
        aws_secret_access_key=clients.SECRET_KEY,
    )


@pytest.fixture
def api_id(gateway: Any) -> str:
    (api,) = gateway.get_rest_apis()["items"]
    return str(api["id"])


def _is_ours(answer: httpx.Response, status: int, slug: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem.keys() == {"type", "title", "status", "detail", "request_id"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


def _tokens(deployed: Deployment) -> dict[str, str]:
    """Those of somebody new, whom an administrator has confirmed."""
    settings, email = deployed.settings, "gateway@example.org"
    cognito = clients.cognito(deployed.aws.endpoint, settings.region)
    cognito.sign_up(ClientId=settings.user_pool_client_id, Username=email, Password="a rubber duck knows")
    cognito.admin_confirm_sign_up(UserPoolId=settings.user_pool_id, Username=email)
    answer: Any = cognito.admin_initiate_auth(
        UserPoolId=settings.user_pool_id,
        ClientId=settings.user_pool_client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": "a rubber duck knows"},
    )
    return dict(answer["AuthenticationResult"])


def _altered(token: str) -> str:
    """The same token for somebody else."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    return f"{header}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


def test_without_a_good_access_token_nobody_gets_past_the_authorizer(ask: Ask, deployed: Deployment) -> None:
    tokens = _tokens(deployed)
    assert ask(Authorization=f"Bearer {tokens['AccessToken']}").status_code == 200
    refused = {
        "none": {},
        "empty": {"Authorization": ""},
        "garbage": {"Authorization": "Bearer x"},
        "an ID token": {"Authorization": f"Bearer {tokens['IdToken']}"},
        "a refresh token": {"Authorization": f"Bearer {tokens['RefreshToken']}"},
        "altered": {"Authorization": f"Bearer {_altered(tokens['AccessToken'])}"},
        "with no signature": {"Authorization": f"Bearer {tokens['AccessToken'].rpartition('.')[0]}."},
    }
    for headers in refused.values():
        answer = ask(**headers)
        _is_ours(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["x-amzn-errortype"] == "UnauthorizedException", "not the app, but the gateway"


def test_preflight_and_logins_need_no_token(ask: Ask) -> None:
    wish = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    preflight = ask("OPTIONS", "/v1/me", **wish)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert ask("POST", "/v1/auth/logout").status_code == 422
    assert ask("GET", "/health").status_code == 200


def _set(gateway: Any, api_id: str, rate: float, burst: int) -> None:
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(rate)},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
    ]
    gateway.update_stage(restApiId=api_id, stageName=STAGE, patchOperations=operations)


@contextmanager
def _limited(gateway: Any, api_id: str) -> Iterator[None]:
    settings = gateway.get_stage(restApiId=api_id, stageName=STAGE)["methodSettings"]["*/*"]
    _set(gateway, api_id, 0, 0)
    try:
        yield
    finally:
        _set(gateway, api_id, settings["throttlingRateLimit"], settings["throttlingBurstLimit"])


def test_the_limit_of_the_stage_is_a_problem_that_says_when_to_ask_again(ask: Ask, gateway: Any, api_id: str) -> None:
    with _limited(gateway, api_id):
        for path in ("/v1/auth/login", "/health"):
            answer = ask(path=path)
            _is_ours(answer, 429, "throttled")
            assert answer.headers["retry-after"] == "1"
    assert ask(path="/health").status_code == 200


@contextmanager
def _no_such_authorizer(gateway: Any, api_id: str) -> Iterator[None]:
    resources = gateway.get_resources(restApiId=api_id)["items"]
    (resource,) = (each for each in resources if each["path"] == "/v1/{proxy+}")
    method = {"restApiId": api_id, "resourceId": resource["id"], "httpMethod": "ANY"}

    def point_to(authorizer_id: str) -> None:
        operation = {"op": "replace", "path": "/authorizerId", "value": authorizer_id}
        gateway.update_method(**method, patchOperations=[operation])

    own = gateway.get_method(**method)["authorizerId"]
    point_to("nobody")
    try:
        yield
    finally:
        point_to(own)


def test_an_authorizer_that_is_set_up_wrongly_is_our_mistake(ask: Ask, gateway: Any, api_id: str) -> None:
    with _no_such_authorizer(gateway, api_id):
        _is_ours(ask(Authorization="Bearer x.y.z"), 500, "authorizer-misconfigured")
    _is_ours(ask(Authorization="Bearer x.y.z"), 401, "unauthenticated")


_NOBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}],
}


@contextmanager
def _closed(gateway: Any, api_id: str) -> Iterator[None]:
    path = {"path": "/policy"}
    gateway.update_rest_api(restApiId=api_id, patchOperations=[{"op": "replace", "value": json.dumps(_NOBODY), **path}])
    try:
        yield
    finally:
        gateway.update_rest_api(restApiId=api_id, patchOperations=[{"op": "replace", "value": "", **path}])


def test_who_is_kept_out_by_the_gateway_s_own_policy_is_told_so(ask: Ask, gateway: Any, api_id: str) -> None:
    with _closed(gateway, api_id):
        _is_ours(ask(path="/health"), 403, "access-denied")
    assert ask(path="/health").status_code == 200
