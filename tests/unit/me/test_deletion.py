"""One request starts a deletion, whatever fails after the mark. Repeated requests only report the state."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from app.aws.deadline import request_deadline
from app.aws.retries import WRITE_DRAIN_PERIOD
from app.aws.timestamps import now
from app.bootstrap import Container
from app.errors import LoginAgainError, TooManyRequestsError, UnauthenticatedError, UnavailableError
from app.jobs import pending
from app.jobs.messages import DELETE_ACCOUNT
from app.me import deletions
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api
from testkit.aws_calls import AwsCalls
from testkit.jobs import run_jobs
from testkit.queue_control import QueueControl

UNKNOWN_ID = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"


@pytest.fixture
def container(settings: Settings) -> Container:
    return Container(settings)


@pytest.fixture
def queue(settings: Settings) -> QueueControl:
    return QueueControl(settings)


@pytest.fixture
def kay_id(settings: Settings, embedded: Service) -> str:
    """Create the member Kay, and return the id."""

    async def register() -> str:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            member = await api.create_member("kay")
            return str((await member.get("/v1/me"))["id"])

    return asyncio.run(register())


def _request(container: Container, member_id: str, authenticated_at: datetime | None = None) -> int:
    """Request a deletion with a recent login, whose session is not revoked."""
    return container.personal.deletion.request(member_id, authenticated_at or now(), _get_token)


def _get_token() -> str:
    return "token"


@pytest.fixture(autouse=True)
def session_is_live(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container.user_pool, "is_session_revoked", lambda _: False)


def _fail_with(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_request_marks_the_account_and_enqueues_a_job(
    container: Container, queue: QueueControl, kay_id: str, settings: Settings
) -> None:
    assert _request(container, kay_id) == pytest.approx(WRITE_DRAIN_PERIOD.total_seconds(), abs=2)
    assert container.personal.deletions.get(kay_id).marked_at is not None
    assert queue.count() == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending, "STALE_AFTER", timedelta(seconds=-1))
        assert list(container.jobs.pending.iter_stale("delete-account")) == [kay_id]


def test_marked_member_is_unauthenticated_and_the_handle_stays_taken(container: Container, kay_id: str) -> None:
    _request(container, kay_id)
    with pytest.raises(UnauthenticatedError):
        container.directory.get_or_create(kay_id)
    assert container.directory.is_taken("kay")
    assert container.directory.is_leaving(kay_id)


def test_deletion_starts_only_after_a_recent_login(container: Container, queue: QueueControl, kay_id: str) -> None:
    for authenticated_at in (None, now() - timedelta(minutes=10, seconds=1)):
        with pytest.raises(LoginAgainError):
            container.personal.deletion.request(kay_id, authenticated_at, _get_token)
    assert (container.directory.get_or_create(kay_id).handle, queue.count()) == ("kay", 0)
    assert _request(container, kay_id, now() - timedelta(minutes=9, seconds=50)) > 0


def test_revoked_session_does_not_start_a_deletion(
    container: Container, queue: QueueControl, kay_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container.user_pool, "is_session_revoked", lambda token: token == "token")
    with pytest.raises(LoginAgainError):
        _request(container, kay_id)
    assert (container.directory.get_or_create(kay_id).handle, queue.count()) == ("kay", 0)


@pytest.mark.parametrize("is_over", [False, True], ids=["running", "over"])
def test_session_that_a_concurrent_request_revoked_does_not_matter(
    is_over: bool,
    container: Container,
    queue: QueueControl,
    kay_id: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_revoked(_: str) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(container.user_pool, "is_session_revoked", lambda _: False)
            _request(container, kay_id)
            if is_over:
                patch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
                _request(container, kay_id)
                run_jobs(settings)
        return True

    monkeypatch.setattr(container.user_pool, "is_session_revoked", is_revoked)
    assert (_request(container, kay_id) > 0) is not is_over
    assert queue.count() == (0 if is_over else 1)


def test_session_counts_as_live_if_cognito_does_not_respond(
    container: Container, queue: QueueControl, kay_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        container.user_pool, "is_session_revoked", _fail_with(EndpointConnectionError(endpoint_url="https://idp"))
    )
    assert _request(container, kay_id) > 0
    assert queue.count() == 1


def test_rate_limit_of_cognito_does_not_start_a_deletion(
    container: Container, queue: QueueControl, kay_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container.user_pool, "is_session_revoked", _fail_with(TooManyRequestsError()))
    with pytest.raises(TooManyRequestsError):
        _request(container, kay_id)
    assert (container.directory.get_or_create(kay_id).handle, queue.count()) == ("kay", 0)


def test_repeated_requests_only_report(container: Container, queue: QueueControl, kay_id: str) -> None:
    _request(container, kay_id)
    for _ in range(2):  # Neither the time of the login nor the session counts any more.
        assert container.personal.deletion.request(kay_id, None, _fail_with(AssertionError("the token was read"))) > 0
    assert queue.count() == 1


def test_concurrent_requests_enqueue_one_job(container: Container, queue: QueueControl, kay_id: str) -> None:
    with ThreadPoolExecutor(5) as threads:
        assert all(threads.map(lambda _: _request(container, kay_id), range(5)))
    assert queue.count() == 1


def test_response_tells_how_long_the_deletion_takes_and_when_it_is_over(
    container: Container, kay_id: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _request(container, kay_id) > 50
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    assert _request(container, kay_id) == 2  # The job is still to come.
    run_jobs(settings)
    assert _request(container, kay_id) == 0


def test_job_completes_a_deletion_that_starts_without_cognito(
    settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cognito.user_pool._MAX_SIGN_OUT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    calls = AwsCalls.watch(monkeypatch)

    async def run() -> None:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            kay = await api.create_member("kay")
            await kay.post_dwipp("Kay was here")
            with calls.refuse("AdminUserGlobalSignOut", "InternalErrorException", "An outage"):
                assert (await kay.http.delete("/v1/me")).status_code == 503
                assert (await kay.http.delete("/v1/me")).status_code == 202
                await api.finish_jobs()  # The outage does not stop the job.
            assert (await kay.http.delete("/v1/me")).status_code == 204
            assert (await api.http.get("/v1/users/kay")).status_code in (401, 404)
            assert Container(settings).user_pool.get_user(kay.email) is None

    asyncio.run(run())


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="https://sqs"), UnavailableError()])
def test_deletion_goes_on_without_a_message_if_sqs_does_not_respond(
    error: Exception,
    container: Container,
    queue: QueueControl,
    kay_id: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container.jobs.queue, "send", _fail_with(error))
        assert _request(container, kay_id) > 0
    assert queue.count() == 0
    monkeypatch.setattr(pending, "STALE_AFTER", timedelta(seconds=-1))
    run_jobs(settings)
    assert _request(container, kay_id) == 0


def test_unknown_account_is_unauthenticated(container: Container, queue: QueueControl) -> None:
    with pytest.raises(UnauthenticatedError):
        _request(container, UNKNOWN_ID)
    assert queue.count() == 0


def test_user_deleted_in_cognito_is_unauthenticated(container: Container, kay_id: str) -> None:
    """The holder of an access token can delete the user through Cognito's own API."""
    container.user_pool.delete(kay_id)
    assert container.user_pool.get_user(kay_id) is None
    assert _request(container, kay_id) > 0, "the rest of the account cannot be deleted"


def test_lack_of_time_is_no_outage_of_cognito(
    container: Container, queue: QueueControl, kay_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a client could overload the server, and start a deletion in a revoked session."""
    monkeypatch.setattr(container.user_pool, "is_session_revoked", _fail_with(UnavailableError()))
    with request_deadline(15), pytest.raises(UnavailableError):
        _request(container, kay_id)
    assert (container.directory.get_or_create(kay_id).handle, queue.count()) == ("kay", 0)


def test_repeated_request_restores_a_missing_job_after_the_drain_period(
    container: Container, queue: QueueControl, kay_id: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _request(container, kay_id)
    container.jobs.pending.delete(DELETE_ACCOUNT, kay_id)
    queue.purge()
    assert _request(container, kay_id) > 10
    assert queue.count() == 0
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    for _ in range(2):
        assert _request(container, kay_id) > 0
        assert queue.count() == 1
    run_jobs(settings)
    assert _request(container, kay_id) == 0


def test_job_forgets_the_row_of_a_deletion_that_is_over(
    container: Container, queue: QueueControl, kay_id: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    _request(container, kay_id)
    run_jobs(settings)
    assert container.jobs.pending.add_if_absent(DELETE_ACCOUNT, kay_id)
    monkeypatch.setattr(pending, "STALE_AFTER", timedelta(seconds=-1))
    run_jobs(settings)
    assert list(container.jobs.pending.iter_stale(DELETE_ACCOUNT)) == []
