import asyncio
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from devstack import environment, seed, stack
from devstack.process import Service
from devstack.seed_content import DEMO, EXAMPLE_ID, MEMBERS, PASSWORD, THOUGHTS, email


@pytest.fixture
def settings(request: pytest.FixtureRequest, embedded: Service, monkeypatch: pytest.MonkeyPatch) -> Settings:
    name = request.node.name.replace("_", "-")
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=name)
    for variable, value in environment.variables(settings, embedded.endpoint, embedded.endpoint).items():
        monkeypatch.setenv(variable, value)
    return settings


def _api(settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url="http://127.0.0.1")


async def _feed(settings: Settings) -> list[dict[str, Any]]:
    async with _api(settings) as api:
        demo = {"email": email(DEMO), "password": PASSWORD}
        tokens = (await api.post("/v1/auth/login", json=demo)).raise_for_status().json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        page = (await api.get("/v1/dwipps", headers=headers, params={"limit": 100})).raise_for_status()
        items: list[dict[str, Any]] = page.json()["items"]
        return items


async def _register(settings: Settings, handle: str) -> None:
    async with _api(settings) as api:
        wish = {"email": email(handle), "password": PASSWORD, "handle": handle}
        (await api.post("/v1/auth/register", json=wish)).raise_for_status()


def _seen_by_demo(items: list[dict[str, Any]]) -> list[tuple[str, str, int, bool, bool]]:
    keys = ("text", "upvotes", "upvoted", "favorited")
    return [(item["author"]["handle"], *(item[key] for key in keys)) for item in items]


EXPECTED = [
    (each.author, each.text, len(each.upvoted_by), DEMO in each.upvoted_by, DEMO in each.favorited_by)
    for each in reversed(THOUGHTS)
]


def test_every_thought_and_reaction_is_there_once_however_often(settings: Settings, embedded: Service) -> None:
    asyncio.run(seed.sow(settings, embedded.endpoint))
    assert _seen_by_demo(asyncio.run(_feed(settings))) == EXPECTED
    asyncio.run(seed.sow(settings, embedded.endpoint))
    assert _seen_by_demo(asyncio.run(_feed(settings))) == EXPECTED


def test_it_goes_on_where_it_was_interrupted(
    settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as partly:
        partly.setattr(seed, "MEMBERS", MEMBERS[:-1])
        partly.setattr(seed, "THOUGHTS", THOUGHTS[:1])
        asyncio.run(seed.sow(settings, embedded.endpoint))
    asyncio.run(_register(settings, MEMBERS[-1]))
    asyncio.run(seed.sow(settings, embedded.endpoint))
    assert _seen_by_demo(asyncio.run(_feed(settings))) == EXPECTED


def test_the_example_of_the_docs_page_is_the_oldest_and_the_demo_accounts_own(
    settings: Settings, embedded: Service
) -> None:
    asyncio.run(seed.sow(settings, embedded.endpoint))
    *_, oldest = asyncio.run(_feed(settings))
    assert (oldest["id"], oldest["author"]["handle"]) == (EXAMPLE_ID, DEMO)
