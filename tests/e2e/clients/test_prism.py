"""Stories violate no rule of the OpenAPI document, over uvicorn and through a deployed gateway."""

import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from devstack.deployment import Deployment
from testkit.operations import load_document
from tests.e2e.clients import prism
from tests.e2e.clients.conftest import RunningApi
from tests.e2e.deployed.deployed_api import open_deployed_api
from tests.e2e.smoke.confirmers import MailboxConfirmer
from tests.e2e.smoke.scenario import Scenario, open_client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _run_smoke_test(api: RunningApi) -> None:
    """Run the steps of the smoke test, except those about pages and invalid tokens, and the last one, which waits."""
    confirmer = MailboxConfirmer(f"{secrets.token_hex(6)}@example.org", api.mailbox)
    with open_client(api.url) as http:
        for _, step in Scenario(http, confirmer).list_steps()[3:-1]:
            step()


def test_smoke_test_over_uvicorn_has_no_violation(checked_api: RunningApi) -> None:
    _run_smoke_test(checked_api)


def test_smoke_test_through_the_gateway_has_no_violation(checked_gateway: RunningApi) -> None:
    _run_smoke_test(checked_gateway)


def test_prism_finds_a_response_without_a_required_member(api: RunningApi, prism_program: Path, tmp_path: Path) -> None:
    document = load_document()
    document["components"]["schemas"]["SessionView"]["required"].append("absent")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    with (
        pytest.raises(AssertionError, match="required property 'absent'"),
        prism.run(prism_program, api.url, tmp_path, document=file) as url,
    ):
        _run_smoke_test(RunningApi(url, api.mailbox))


async def test_moderation_through_the_gateway_has_no_violation(
    deployed: Deployment, checked_gateway: RunningApi
) -> None:
    async with open_deployed_api(replace(deployed, url=checked_gateway.url)) as api:
        moderator, author, reader = await api.create_moderator(), await api.create_member(), await api.create_member()
        dwipp = await author.post_dwipp("Socks are envelopes for feet.")
        path, handle = f"/v1/dwipps/{dwipp['id']}", dwipp["author"]["handle"]
        case, member = f"/v1/moderation/cases/{dwipp['id']}", f"/v1/moderation/members/{handle}"
        decision = {"action": "remove", "reason": "spam", "note": "It sells socks."}
        for client, method, url, body in (
            (reader, "GET", f"/v1/users/{handle}", None),
            (reader, "GET", f"/v1/users/{handle}/dwipps", None),
            (reader, "GET", "/v1/dwipps/random", None),
            (reader, "PUT", f"{path}/report", {"reason": "spam", "comment": "Again."}),
            (moderator, "GET", "/v1/moderation/cases", None),
            (moderator, "GET", case, None),
            (moderator, "PUT", f"{case}/decision", decision),
            (moderator, "PUT", f"{member}/suspension", {"until": None, "reason": "spam", "note": "It sells socks."}),
            (author, "GET", "/v1/me", None),
            (author, "GET", "/v1/me/dwipps", None),
            (author, "GET", "/v1/me/export", None),
            (moderator, "GET", member, None),
            (moderator, "DELETE", f"{member}/suspension", None),
            (moderator, "GET", "/v1/moderation/log", None),
            (reader, "PUT", f"/v1/users/{handle}/block", None),
            (reader, "GET", "/v1/me/blocks", None),
            (reader, "DELETE", f"/v1/users/{handle}/block", None),
            (reader, "DELETE", "/v1/me/sessions", None),
        ):
            response = await client.http.request(method, url, json=body)
            assert response.is_success, (url, response.text)
