"""curl follows the references in responses, directly and behind a proxy that strips a prefix."""

import json
import re
from urllib.parse import urljoin

import pytest

from devstack.seed_content import DEMO_HANDLE, PASSWORD, to_email
from testkit.processes import run_command
from tests.e2e.clients.conftest import RunningApi

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def _run_curl(*arguments: str) -> str:
    return run_command(["curl", "--silent", "--show-error", "--fail", *arguments], timeout_seconds=30)


@pytest.fixture
def authorization(api: RunningApi) -> str:
    """Return the header of a member who is logged in."""
    login = json.dumps({"email": to_email(DEMO_HANDLE), "password": PASSWORD})
    tokens = _run_curl(f"{api.url}/v1/auth/login", "--header", "Content-Type: application/json", "--data", login)
    return f"Authorization: Bearer {json.loads(tokens)['access_token']}"


def test_root_leads_to_the_docs_page(api: RunningApi) -> None:
    page = _run_curl("--location", f"{api.url}/", "--write-out", "%{url_effective}")
    assert page.endswith(f"{api.url}/docs")
    assert "swagger-ui" in page


def test_location_leads_to_the_created_dwipp(api: RunningApi, authorization: str) -> None:
    options = ["--header", "Content-Type: application/json", "--data", '{"text": "Ice is water that sits still."}']
    url = f"{api.url}/v1/dwipps"
    created = _run_curl(url, "--header", authorization, *options, "--include")
    location = re.findall(r"(?im)^location: (\S+)", created)[0]
    assert json.loads(_run_curl(urljoin(url, location), "--header", authorization))["id"] in created


def test_next_link_leads_to_the_next_page(api: RunningApi, authorization: str) -> None:
    url = f"{api.url}/v1/dwipps?limit=1"
    ids = []
    for _ in range(3):
        head, _, body = _run_curl(url, "--header", authorization, "--include").partition("\n\n")
        ids += [item["id"] for item in json.loads(body)["items"]]
        url = urljoin(url, re.findall(r'(?im)^link: <([^>]*)>; rel="next"', head)[0])
    assert len(set(ids)) == 3
