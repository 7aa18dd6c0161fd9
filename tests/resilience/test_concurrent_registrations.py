"""Of many registrations of one email at once, exactly one can be confirmed, and only its password logs in."""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

import httpx
import pytest

from app.accounts.removals import RemovalRepository
from app.accounts.sign_up import SignUp
from app.api_gateway import make_handler
from app.cognito.user_pool import UserPool
from app.main import create_app
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import TRANSPORTS, Api, Transport, open_api
from testkit.gateway import GatewayTransport
from testkit.gateway_authorizer import Authorizer

ROUNDS = 4
MAX_PAUSE_SECONDS = 0.01
STEP_TIMEOUT_SECONDS = 20.0

_numbers = itertools.count(1)


class Interleaving:
    """The order of the calls of concurrent registrations.

    In step, each registration waits before each call until all others wait or have ended. Otherwise the pauses between
    calls are random.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._changed = threading.Condition()
        self._is_in_step = False
        self._running = self._waiting = self._step = 0
        # MiniStack serves each call in a thread of its own, and its SignUp first looks for the email, then adds the
        # user. Cognito allows one user for each email. So this lock stands for Cognito's own.
        self._sign_up_lock = threading.Lock()
        for owner, name in (
            (UserPool, "get_user"),
            (UserPool, "delete"),
            (RemovalRepository, "take_ticket"),
            (RemovalRepository, "is_latest"),
            (RemovalRepository, "mark"),
        ):
            patch.setattr(owner, name, self._make_step(getattr(owner, name)))
        patch.setattr(UserPool, "sign_up", self._make_step(UserPool.sign_up, self._sign_up_lock))
        patch.setattr(SignUp, "register", self._make_registration(SignUp.register))

    def start(self, number: int, *, is_in_step: bool) -> None:
        """Expect this number of registrations. They start together."""
        self._running, self._waiting, self._is_in_step = number, 0, is_in_step

    def _make_step(
        self, function: Callable[..., Any], lock: AbstractContextManager[Any] | None = None
    ) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any) -> Any:
            self._await_step()
            with lock or nullcontext():
                return function(*args)

        return call

    def _make_registration(self, register: Callable[..., str]) -> Callable[..., str]:
        @wraps(register)
        def call(*args: Any) -> str:
            try:
                return register(*args)
            finally:
                with self._changed:
                    self._running -= 1
                    self._start_step_if_all_wait()

        return call

    def _await_step(self) -> None:
        if not self._is_in_step:
            time.sleep(random.uniform(0, MAX_PAUSE_SECONDS))  # noqa: S311 -- not a secret
        elif self._running > 0:
            with self._changed:
                self._waiting += 1
                step = self._step
                self._start_step_if_all_wait()
                has_started = self._changed.wait_for(lambda: self._step != step, STEP_TIMEOUT_SECONDS)
                assert has_started

    def _start_step_if_all_wait(self) -> None:
        if self._waiting >= self._running:
            self._waiting = 0
            self._step += 1
            self._changed.notify_all()


@pytest.fixture
def interleaving() -> Iterator[Interleaving]:
    with pytest.MonkeyPatch.context() as patch:
        yield Interleaving(patch)


@pytest.fixture(params=TRANSPORTS)
async def api(request: pytest.FixtureRequest, settings: Settings, embedded: Service) -> AsyncIterator[Api]:
    """Open the API over one transport, which serves 16 requests at the same time."""
    transport: Transport = request.param
    async with open_api(settings, embedded.endpoint, transport) as api:
        if transport == "uvicorn":
            yield api
            return
        authorizer = Authorizer(settings, f"{embedded.endpoint}/{settings.user_pool_id}/.well-known/jwks.json")
        instances = GatewayTransport(make_handler(create_app(settings)), authorizer, instances=16)
        async with httpx.AsyncClient(
            transport=instances, base_url=api.http.base_url, event_hooks=api.http.event_hooks
        ) as api.http:
            yield api


async def _post(api: Api, path: str, **body: str) -> httpx.Response:
    return await api.http.post(f"/v1/auth/{path}", json=body)


async def _check_registrations(
    api: Api, email: str, number: int, interleaving: Interleaving, *, is_in_step: bool
) -> None:
    passwords = [f"the password of person {person}" for person in range(number)]
    api.transcript.pause()
    interleaving.start(number, is_in_step=is_in_step)
    responses = await asyncio.gather(*(_post(api, "register", email=email, password=word) for word in passwords))
    assert [response.status_code for response in responses] == [202] * number

    registrations = [
        (password, response.json()["registration"]) for password, response in zip(passwords, responses, strict=True)
    ]
    code = api.fetch_latest_code(email)
    confirmed = [
        password
        for password, registration in random.sample(registrations, number)
        if (await _post(api, "confirm", registration=registration, code=code)).status_code == 204
    ]
    assert len(confirmed) == 1
    statuses = {word: (await _post(api, "login", email=email, password=word)).status_code for word in passwords}
    assert {word for word, status in statuses.items() if status == 200} == set(confirmed)


@pytest.mark.parametrize("number", [2, *(pytest.param(number, marks=pytest.mark.slow) for number in (4, 8, 16))])
@pytest.mark.parametrize("is_registered_earlier", [False, True], ids=["new email", "unconfirmed email"])
async def test_one_of_concurrent_registrations_can_be_confirmed(
    number: int, is_registered_earlier: bool, api: Api, interleaving: Interleaving
) -> None:
    for round_number in range(ROUNDS):
        email = f"crowd{next(_numbers)}@example.org"
        interleaving.start(0, is_in_step=False)
        earlier = await api.register(email, "the earliest password") if is_registered_earlier else "none"
        await _check_registrations(api, email, number, interleaving, is_in_step=round_number % 2 == 0)
        assert (await _post(api, "confirm", registration=earlier, code=api.fetch_latest_code(email))).status_code == 400


async def test_concurrent_registrations_of_a_member_change_nothing(api: Api, interleaving: Interleaving) -> None:
    kay = await api.create_member()
    api.transcript.pause()
    interleaving.start(4, is_in_step=True)
    passwords = [f"the password of person {person}" for person in range(4)]
    responses = await asyncio.gather(*(_post(api, "register", email=kay.email, password=word) for word in passwords))
    interleaving.start(0, is_in_step=False)
    for password, response in zip(passwords, responses, strict=True):
        assert response.status_code == 202
        confirmed = await _post(api, "confirm", registration=response.json()["registration"], code="123456")
        assert confirmed.status_code == 400
        assert (await _post(api, "login", email=kay.email, password=password)).status_code == 403
    await api.login(kay.email)
