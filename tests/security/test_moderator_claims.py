"""Only members of the group `moderators` can use /v1/moderation/, in each known form of the claim.

A hostile claim is 403. It is neither 401 nor 5xx, because its holder is a member.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.api_gateway import make_handler
from testkit.forged_tokens import OMIT, make_token, make_valid_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.gateway_authorizer import make_http_1_authorizer, make_http_2_authorizer, make_rest_authorizer
from testkit.outbound import record_outbound
from testkit.unauthorized import assert_unauthorized
from tests.conftest import Figures
from tests.security.group_claims import ACCEPTED_CLAIMS, HOSTILE_CLAIMS
from tests.security.hostile_events import HOSTILE_EVENTS
from tests.security.target import Target
from tests.security.token_forgeries import FORGERIES
from tests.security.token_placement import PLACEMENTS

pytestmark = pytest.mark.slow

_URL = "https://dwipper.test/v1/moderation/cases"
_MAKE_AUTHORIZER = {
    "rest": make_rest_authorizer,
    "http-1.0": make_http_1_authorizer,
    "http-2.0": make_http_2_authorizer,
}
_GROUPS = "cognito:groups"
# The claim of a moderator. It must not help a token in which another claim is forged.
_MODERATOR = {_GROUPS: ["moderators"]}


def _call_by_token(target: Target, claims: Mapping[str, Any], headers: Mapping[str, Any] | None = None) -> Any:
    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(target.app)) as client:
            authorization = {"Authorization": f"Bearer {make_token(claims=claims)}"}
            return await client.get(_URL, headers=authorization if headers is None else headers)

    return asyncio.run(call())


def _make_gateway_event(kind: GatewayKind, groups: Any, *, is_text: bool = False) -> dict[str, Any]:
    """Return an event with this claim: as it is, or turned into text as the gateway does."""
    event = make_event(httpx.Request("GET", _URL), kind)
    authorizer = _MAKE_AUTHORIZER[kind](make_valid_claims(**({_GROUPS: groups} if is_text else {})))
    if not is_text and groups is not OMIT:
        (authorizer["jwt"] if kind == "http-2.0" else authorizer)["claims"][_GROUPS] = groups
    event["requestContext"]["authorizer"] = authorizer
    return event


def _call_by_event(target: Target, event: Mapping[str, Any]) -> httpx.Response:
    return to_response(make_handler(target.app)(json.loads(json.dumps(event)), None))


def _assert_moderators_only(response: httpx.Response) -> None:
    assert response.status_code == 403, response.text
    assert response.json()["type"] == "urn:dwipper:problem:moderators-only"


def _assert_moderator(response: httpx.Response) -> None:
    """Check that a moderator gets the response of the route. Until a route exists, it is 404."""
    assert response.status_code in (200, 404), response.text
    assert response.json().get("type", "urn:dwipper:problem:not-found") == "urn:dwipper:problem:not-found"


class TestToken:
    @pytest.mark.parametrize("name", ACCEPTED_CLAIMS)
    def test_moderator_is_let_in(self, name: str, target: Target) -> None:
        _assert_moderator(_call_by_token(target, make_valid_claims(**{_GROUPS: ACCEPTED_CLAIMS[name]})))

    @pytest.mark.parametrize("name", HOSTILE_CLAIMS)
    def test_hostile_claim_is_403(self, name: str, target: Target) -> None:
        with record_outbound() as outbound:
            _assert_moderators_only(_call_by_token(target, make_valid_claims(**{_GROUPS: HOSTILE_CLAIMS[name]})))
        assert outbound == [], "a member's row was read before the check of the group"

    def test_missing_claim_is_403(self, target: Target) -> None:
        _assert_moderators_only(_call_by_token(target, make_valid_claims()))

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"groups": ["moderators"]}, id="groups"),
            pytest.param({"cognito:roles": ["moderators"], "cognito:preferred_role": "moderators"}, id="roles"),
            pytest.param({"Cognito:Groups": ["moderators"]}, id="capitalized"),
            pytest.param({"custom:groups": "moderators"}, id="custom attribute"),
            pytest.param({"scope": "aws.cognito.signin.user.admin moderators"}, id="scope"),
            pytest.param({"username": "moderators"}, id="username"),
            pytest.param({"cognito": {"groups": ["moderators"]}}, id="nested"),
        ],
    )
    def test_other_claims_are_403(self, changes: Mapping[str, Any], target: Target) -> None:
        _assert_moderators_only(_call_by_token(target, make_valid_claims(**changes)))

    @pytest.mark.parametrize("name", FORGERIES)
    def test_forged_token_is_401(self, name: str, target: Target) -> None:
        headers = {"Authorization": f"Bearer {FORGERIES[name]()}".encode()}
        assert_unauthorized(_call_by_token(target, {}, headers))

    def test_forged_group_is_401(self, target: Target) -> None:
        """The payload of another token under the signature of a member's token."""
        header, _, signature = make_token().split(".")
        payload = make_token(claims=make_valid_claims(**_MODERATOR)).split(".")[1]
        assert_unauthorized(_call_by_token(target, {}, {"Authorization": f"Bearer {header}.{payload}.{signature}"}))

    def test_duplicate_group_claim_is_401(self, target: Target) -> None:
        text = json.dumps(make_valid_claims(**_MODERATOR))
        token = make_token(claims=f'{{"{_GROUPS}": ["a"], {text[1:]}'.encode())
        assert_unauthorized(_call_by_token(target, {}, {"Authorization": f"Bearer {token}"}))

    def test_id_token_of_a_moderator_is_401(self, target: Target) -> None:
        claims = make_valid_claims(token_use="id", **_MODERATOR)
        assert_unauthorized(_call_by_token(target, claims))


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
class TestGateway:
    @pytest.mark.parametrize("name", ACCEPTED_CLAIMS)
    def test_moderator_is_let_in(self, name: str, kind: GatewayKind, target: Target) -> None:
        _assert_moderator(_call_by_event(target, _make_gateway_event(kind, ACCEPTED_CLAIMS[name])))

    @pytest.mark.parametrize("groups", [["moderators"], ["a", "moderators"], ["moderators", "b"]], ids=str)
    def test_list_of_a_token_becomes_text_and_is_read(
        self, groups: list[str], kind: GatewayKind, target: Target
    ) -> None:
        _assert_moderator(_call_by_event(target, _make_gateway_event(kind, groups, is_text=True)))

    @pytest.mark.parametrize("name", HOSTILE_CLAIMS)
    def test_hostile_claim_is_403(self, name: str, kind: GatewayKind, target: Target) -> None:
        with record_outbound() as outbound:
            _assert_moderators_only(_call_by_event(target, _make_gateway_event(kind, HOSTILE_CLAIMS[name])))
        assert outbound == []

    def test_group_in_the_header_is_ignored(self, kind: GatewayKind, target: Target) -> None:
        event = _make_gateway_event(kind, OMIT)
        event["headers"] = {
            "authorization": f"Bearer {make_token(claims=make_valid_claims(**_MODERATOR))}",
            _GROUPS: "moderators",
            "x-amzn-oidc-data": "moderators",
        }
        _assert_moderators_only(_call_by_event(target, event))

    def test_group_beside_the_claims_is_ignored(self, kind: GatewayKind, target: Target) -> None:
        event = _make_gateway_event(kind, OMIT)
        event["requestContext"]["authorizer"][_GROUPS] = ["moderators"]
        event["requestContext"][_GROUPS] = event[_GROUPS] = ["moderators"]
        event["queryStringParameters"] = {_GROUPS: "moderators"}
        _assert_moderators_only(_call_by_event(target, event))


@pytest.mark.parametrize("name", HOSTILE_EVENTS)
@pytest.mark.parametrize("kind", GATEWAY_KINDS)
def test_event_with_forged_claims_is_401(kind: GatewayKind, name: str, target: Target) -> None:
    event = make_event(httpx.Request("GET", _URL), kind, make_valid_claims(**_MODERATOR))
    assert_unauthorized(_call_by_event(target, HOSTILE_EVENTS[name](event, kind)))


@pytest.mark.parametrize("name", PLACEMENTS)
def test_token_of_a_moderator_in_another_place_is_401(name: str, target: Target) -> None:
    options = PLACEMENTS[name](make_token(claims=make_valid_claims(**_MODERATOR)))

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(target.app)) as client:
            return await client.request("POST", _URL, **options)

    assert_unauthorized(asyncio.run(call()))


def test_number_of_claims(figures: Figures) -> None:
    figures("forms of the claim with the group, and without", f"{len(ACCEPTED_CLAIMS)}, {len(HOSTILE_CLAIMS)}")
    figures("sources of the claim", 1 + len(GATEWAY_KINDS))
    assert len(HOSTILE_CLAIMS) >= 150
