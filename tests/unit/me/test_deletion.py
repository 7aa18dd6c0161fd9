"""What one request to delete an account does, and what it waits for."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.aws import clients
from app.aws.retries import WRITE_WINDOW_SECONDS
from app.aws.timestamps import now
from app.bootstrap import Container, build_container
from app.dwipps.reactions import Change
from app.errors import LoginAgainError, UnauthenticatedError, UnavailableError
from app.me import deletion
from app.members.models import Member
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api

NOBODY = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"


@pytest.fixture
def services(settings: Settings) -> Container:
    return build_container(settings)


@pytest.fixture
def join(settings: Settings, embedded: Service) -> Callable[[str], str]:
    """Makes a user, and gives their id."""

    async def joined(handle: str) -> str:
        async with open_api(settings, embedded.endpoint, "uvicorn") as told:
            member = await told.member(handle)
            return str((await member.get("/v1/me"))["id"])

    return lambda handle: asyncio.run(joined(handle))


def test_a_write_that_was_on_its_way_leaves_nothing_behind(
    services: Container, join: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(seconds=1))
    kay, lee = (services.directory.get_or_create(join(handle)) for handle in ("kay", "lee"))
    of_lee = services.dwipps.create(lee, "Stays")

    assert services.deletion.resume(kay.id, now()) == 1
    late = services.dwipps.create(kay, "I was found to be a member before")
    services.reactions.upvote(kay, of_lee.id, Change.SET)
    assert services.dwipps.get(of_lee.id).upvotes == 1
    time.sleep(1)

    assert services.deletion.resume(kay.id, None) == 0
    assert services.dwipps.get_many([late.id, of_lee.id]) == {of_lee.id: of_lee}
    assert services.reactions.list_all(kay.id, 10, "0") == []


def test_no_write_begins_so_late_that_a_deletion_would_miss_it(services: Container, join: Callable[[str], str]) -> None:
    kay = services.directory.get_or_create(join("kay"))
    dwipp = services.dwipps.create(kay, "In time")
    late = Member(kay.id, kay.handle, kay.joined_at, write_deadline=time.monotonic())
    for write in (
        lambda: services.dwipps.create(late, "Too late"),
        lambda: services.writer.create(late, "key", "Too late"),
        lambda: services.dwipps.edit(late, dwipp.id, "Too late", None),
        lambda: services.dwipps.delete(late, dwipp.id),
        lambda: services.reactions.upvote(late, dwipp.id, Change.SET),
        lambda: services.reactions.favorite(late, dwipp.id, Change.SET),
    ):
        with pytest.raises(UnavailableError):
            write()
    assert services.dwipps.list_recent(10, None) == [dwipp]


def test_a_deletion_outlasts_the_longest_write() -> None:
    """The mark takes a call; then a try may begin until the deadline, and is a read and a write.

    Each is as many attempts as the SDK makes.
    """
    config: Any = clients._DYNAMODB_CONFIG
    attempts = config.retries["total_max_attempts"]
    # botocore's standard mode waits a random time of up to 1, 2, ... seconds before its second, third, ... attempt.
    pauses = sum(2**attempt for attempt in range(attempts - 1))
    call = attempts * (config.connect_timeout + config.read_timeout) + pauses
    assert timedelta(seconds=WRITE_WINDOW_SECONDS + 3 * call) < deletion.WRITE_DRAIN_PERIOD


def test_it_begins_after_a_login_of_the_last_ten_minutes_only(services: Container, join: Callable[[str], str]) -> None:
    kay = join("kay")
    for old in (None, now() - timedelta(minutes=10, seconds=1)):
        with pytest.raises(LoginAgainError):
            services.deletion.resume(kay, old)
    assert services.directory.get_or_create(kay).handle == "kay"
    assert services.deletion.resume(kay, now() - timedelta(minutes=9, seconds=50)) > 0
    assert services.deletion.resume(kay, None) > 0, "what has begun goes on"


def test_from_the_first_moment_there_is_no_such_member(services: Container, join: Callable[[str], str]) -> None:
    kay = join("kay")
    services.deletion.resume(kay, now())
    with pytest.raises(UnauthenticatedError):
        services.directory.get_or_create(kay)
    assert services.directory.is_taken("kay")


def test_nobody_cannot_be_deleted(services: Container) -> None:
    with pytest.raises(UnauthenticatedError):
        services.deletion.resume(NOBODY, now())


def test_it_works_in_portions_and_says_that_there_is_more(
    services: Container, join: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
    monkeypatch.setattr(deletion, "_BATCH_SIZE", 2)
    monkeypatch.setattr(deletion, "WORK_SECONDS", 0.001)
    kay = services.directory.get_or_create(join("kay"))
    for number in range(5):
        services.dwipps.create(kay, f"Thought {number}")
    asked = [services.deletion.resume(kay.id, now())]
    while asked[-1]:
        asked.append(services.deletion.resume(kay.id, None))
    assert asked[:3] == [1, 1, 1]
    assert services.dwipps.list_recent(10, None) == []


def test_a_user_whom_cognito_no_longer_has_is_nobody(settings: Settings, embedded: Service) -> None:
    """Whoever has an access token can delete the user by Cognito's own API."""

    async def story() -> None:
        async with open_api(settings, embedded.endpoint, "uvicorn") as told:
            kay = await told.member("kay")
            own_id = (await kay.get("/v1/me"))["id"]
            build_container(settings).user_pool.delete(own_id)
            for path in ("/v1/me", "/v1/me/export"):
                assert (await kay.http.get(path)).status_code == 401

    asyncio.run(story())
