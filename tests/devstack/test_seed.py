"""The seed creates every member, Dwipp and reaction once, however often it runs."""

import asyncio
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from devstack import environment, seed, stack
from devstack.process import Service
from devstack.seed_content import DEMO_HANDLE, EXAMPLE_ID, MEMBERS, MODERATOR_EMAIL, PASSWORD, THOUGHTS, to_email


@pytest.fixture
def settings(request: pytest.FixtureRequest, embedded: Service, monkeypatch: pytest.MonkeyPatch) -> Settings:
    name = request.node.name.replace("_", "-")
    settings = stack.deploy(embedded.endpoint, "us-east-1", name=name)
    for variable, value in environment.make_variables(settings, embedded.endpoint, embedded.endpoint).items():
        monkeypatch.setenv(variable, value)
    return settings


def _open_client(settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url="http://127.0.0.1")


async def _read_feed(settings: Settings) -> list[dict[str, Any]]:
    async with _open_client(settings) as api:
        login = {"email": to_email(DEMO_HANDLE), "password": PASSWORD}
        tokens = (await api.post("/v1/auth/login", json=login)).raise_for_status().json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        page = (await api.get("/v1/dwipps", headers=headers, params={"limit": 100})).raise_for_status()
        items: list[dict[str, Any]] = page.json()["items"]
        return items


async def _is_moderator(settings: Settings, email: str) -> bool:
    async with _open_client(settings) as api:
        login = await api.post("/v1/auth/login", json={"email": email, "password": PASSWORD})
        headers = {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}
        profile = (await api.get("/v1/me", headers=headers)).raise_for_status().json()
        return bool(profile["moderator"])


async def _register(settings: Settings, handle: str) -> None:
    async with _open_client(settings) as api:
        body = {"email": to_email(handle), "password": PASSWORD, "handle": handle}
        (await api.post("/v1/auth/register", json=body)).raise_for_status()


def _summarize(items: list[dict[str, Any]]) -> list[tuple[str, str, int, bool, bool]]:
    """Return author, text, upvotes and the own reactions of each Dwipp."""
    keys = ("text", "upvotes", "upvoted", "favorited")
    return [(item["author"]["handle"], *(item[key] for key in keys)) for item in items]


_EXPECTED_FEED = [
    (
        dwipp.author,
        dwipp.text,
        len(dwipp.upvoted_by),
        DEMO_HANDLE in dwipp.upvoted_by,
        DEMO_HANDLE in dwipp.favorited_by,
    )
    for dwipp in reversed(THOUGHTS)
]


def test_seed_is_complete_and_a_second_run_adds_nothing(settings: Settings, embedded: Service) -> None:
    asyncio.run(seed.seed(settings, embedded.endpoint))
    assert _summarize(asyncio.run(_read_feed(settings))) == _EXPECTED_FEED
    asyncio.run(seed.seed(settings, embedded.endpoint))
    assert _summarize(asyncio.run(_read_feed(settings))) == _EXPECTED_FEED


def test_interrupted_seed_is_completed(settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(seed, "MEMBERS", MEMBERS[:-1])
        patch.setattr(seed, "THOUGHTS", THOUGHTS[:1])
        asyncio.run(seed.seed(settings, embedded.endpoint))
    asyncio.run(_register(settings, MEMBERS[-1]))
    asyncio.run(seed.seed(settings, embedded.endpoint))
    assert _summarize(asyncio.run(_read_feed(settings))) == _EXPECTED_FEED


def test_example_of_the_docs_is_the_oldest_dwipp_of_the_demo_account(settings: Settings, embedded: Service) -> None:
    asyncio.run(seed.seed(settings, embedded.endpoint))
    *_, oldest = asyncio.run(_read_feed(settings))
    assert (oldest["id"], oldest["author"]["handle"]) == (EXAMPLE_ID, DEMO_HANDLE)


def test_exactly_one_member_is_a_moderator(settings: Settings, embedded: Service) -> None:
    asyncio.run(seed.seed(settings, embedded.endpoint))
    emails = [to_email(handle) for handle in MEMBERS]
    assert [email for email in emails if asyncio.run(_is_moderator(settings, email))] == [MODERATOR_EMAIL]
