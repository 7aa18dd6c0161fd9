"""The deletion of an account erases all data in batches, and waits for writes that started before the deletion."""

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

UNKNOWN_ID = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"


@pytest.fixture
def container(settings: Settings) -> Container:
    return build_container(settings)


@pytest.fixture
def register_member(settings: Settings, embedded: Service) -> Callable[[str], str]:
    """Return a function that creates a member, and returns the member's id."""

    async def register(handle: str) -> str:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            member = await api.create_member(handle)
            return str((await member.get("/v1/me"))["id"])

    return lambda handle: asyncio.run(register(handle))


def test_writes_during_the_drain_period_are_erased(
    container: Container, register_member: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(seconds=1))
    kay, lee = (container.directory.get_or_create(register_member(handle)) for handle in ("kay", "lee"))
    dwipp_by_lee = container.dwipps.create(lee, "Stays")

    assert container.deletion.resume(kay.id, now()) == 1
    late_dwipp = container.dwipps.create(kay, "Written after the mark")
    container.reactions.change_upvote(kay, dwipp_by_lee.id, Change.SET)
    assert container.dwipps.get(dwipp_by_lee.id).upvotes == 1
    time.sleep(1)

    assert container.deletion.resume(kay.id, None) == 0
    assert container.dwipps.get_many([late_dwipp.id, dwipp_by_lee.id]) == {dwipp_by_lee.id: dwipp_by_lee}
    assert container.reactions.list_by_dwipp_id(kay.id, 10, "0") == []


def test_writes_after_the_write_deadline_are_refused(
    container: Container, register_member: Callable[[str], str]
) -> None:
    kay = container.directory.get_or_create(register_member("kay"))
    dwipp = container.dwipps.create(kay, "In time")
    late_member = Member(kay.id, kay.handle, kay.joined_at, write_deadline=time.monotonic())
    for write in (
        lambda: container.dwipps.create(late_member, "Too late"),
        lambda: container.writer.create(late_member, "key", "Too late"),
        lambda: container.dwipps.edit(late_member, dwipp.id, "Too late", None),
        lambda: container.dwipps.delete(late_member, dwipp.id),
        lambda: container.reactions.change_upvote(late_member, dwipp.id, Change.SET),
        lambda: container.reactions.change_favorite(late_member, dwipp.id, Change.SET),
    ):
        with pytest.raises(UnavailableError):
            write()
    assert container.dwipps.list_recent(10, None) == [dwipp]


def test_drain_period_exceeds_the_longest_write() -> None:
    """The period covers three calls: the mark, and a read and a write in the last attempt of a write.

    That attempt starts before the write deadline. Each call includes all attempts of the SDK.
    """
    config: Any = clients._DYNAMODB_CONFIG
    attempts = config.retries["total_max_attempts"]
    # botocore's standard mode pauses up to 1, 2, … seconds before the second, third, … attempt.
    pauses = sum(2**attempt for attempt in range(attempts - 1))
    call_seconds = attempts * (config.connect_timeout + config.read_timeout) + pauses
    assert timedelta(seconds=WRITE_WINDOW_SECONDS + 3 * call_seconds) < deletion.WRITE_DRAIN_PERIOD


def test_deletion_starts_only_after_a_recent_login(container: Container, register_member: Callable[[str], str]) -> None:
    kay = register_member("kay")
    for authenticated_at in (None, now() - timedelta(minutes=10, seconds=1)):
        with pytest.raises(LoginAgainError):
            container.deletion.resume(kay, authenticated_at)
    assert container.directory.get_or_create(kay).handle == "kay"
    assert container.deletion.resume(kay, now() - timedelta(minutes=9, seconds=50)) > 0
    assert container.deletion.resume(kay, None) > 0  # A started deletion requires no recent login.


def test_marked_member_is_unauthenticated(container: Container, register_member: Callable[[str], str]) -> None:
    kay = register_member("kay")
    container.deletion.resume(kay, now())
    with pytest.raises(UnauthenticatedError):
        container.directory.get_or_create(kay)
    assert container.directory.is_taken("kay")


def test_unknown_account_is_unauthenticated(container: Container) -> None:
    with pytest.raises(UnauthenticatedError):
        container.deletion.resume(UNKNOWN_ID, now())


def test_deletion_runs_in_batches(
    container: Container, register_member: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
    monkeypatch.setattr(deletion, "_BATCH_SIZE", 2)
    monkeypatch.setattr(deletion, "MAX_WORK_SECONDS", 0.001)
    kay = container.directory.get_or_create(register_member("kay"))
    for number in range(5):
        container.dwipps.create(kay, f"Thought {number}")
    waits = [container.deletion.resume(kay.id, now())]
    while waits[-1]:
        waits.append(container.deletion.resume(kay.id, None))
    assert waits[:3] == [1, 1, 1]
    assert container.dwipps.list_recent(10, None) == []


def test_user_deleted_in_cognito_is_unauthenticated(settings: Settings, embedded: Service) -> None:
    """The holder of an access token can delete the user through Cognito's own API."""

    async def delete_user_and_read() -> None:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            kay = await api.create_member("kay")
            own_id = (await kay.get("/v1/me"))["id"]
            build_container(settings).user_pool.delete(own_id)
            for path in ("/v1/me", "/v1/me/export"):
                assert (await kay.http.get(path)).status_code == 401

    asyncio.run(delete_user_and_read())
