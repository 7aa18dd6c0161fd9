"""The owner of an address can always log in, and another person never can, in any order of their requests.

Only the owner can read the mail of the address. MiniStack mails the same codes to every user, so the other person only
sends wrong codes. tests/api/test_account_prehijacking.py tests the effect of a right code.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile  # noqa: N812 -- `settings` are the app's here
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.settings import Settings
from devstack.mail import parse_messages
from devstack.process import Service
from testkit.api_client import Api, Transport, open_api
from tests.conftest import Figures

pytestmark = pytest.mark.security

EXAMPLES_FACTOR = int(os.environ.get("EXAMPLES", "1"))

PASSWORDS = {
    "owner": ("the owner's first password", "the owner's second password"),
    "other": ("the other's first password", "the other's second password"),
}
_PERSON = st.sampled_from(("owner", "other"))
_EITHER = st.integers(min_value=0, max_value=1)
_PICK = st.integers(min_value=0, max_value=10_000)
_GUESS = st.sampled_from(("000000", "123465", "654312", ""))

_numbers = itertools.count(1)


@dataclass(slots=True)
class Account:
    """The expected account of the address.

    `registration` is the registration that can confirm it. If it did, the confirmation can be repeated.
    """

    registration: str
    password: str
    confirmed: bool = False
    confirmed_by_code: bool = False
    reset_requested: bool = False


@dataclass(slots=True)
class SharedApi:
    """The API that all examples share, its event loop, its mailbox, and the counts of its responses."""

    api: Api
    runner: asyncio.Runner
    mailbox: httpx.Client
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, coroutine: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        return self.runner.run(coroutine)

    def fetch_latest_code(self, address: str) -> str | None:
        """Return the code in the latest mail to an address. None if there is no mail."""
        mails = self.mailbox.get("/_ministack/ses/messages").raise_for_status().json()
        return next((mail.code for mail in reversed(list(parse_messages(mails))) if mail.recipient == address), None)


class OwnershipMachine(RuleBasedStateMachine):
    """The state machine: requests by the owner and by the other person. Each example has a new address.

    A subclass sets `shared`. `live` and `ended` are the tokens of the owner's sessions.
    """

    shared: SharedApi

    def __init__(self) -> None:
        super().__init__()
        self.address = f"address{next(_numbers)}@example.org"
        self.account: Account | None = None
        self.registrations: dict[str, list[str]] = {"owner": [], "other": []}
        self.live: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []

    @initialize(state=st.sampled_from(("no account", "registered by other", "registered by owner", "owner logged in")))
    def start(self, state: str) -> None:
        if state != "no account":
            self.register("other" if state == "registered by other" else "owner", 0)
        if state == "owner logged in":
            self.owner_confirms(0)
            self.owner_logs_in(0)

    @rule(person=_PERSON, password=_EITHER)
    def register(self, person: str, password: int) -> None:
        # Each request names a handle: Hypothesis seeds the random module, so generated handles would collide.
        handle = f"wish_{next(_numbers)}"
        response = self.post("register", email=self.address, password=PASSWORDS[person][password], handle=handle)
        assert response.status_code == 202
        self.registrations[person].append(response.json()["registration"])
        if self.account is None or not self.account.confirmed:
            self.account = Account(self.registrations[person][-1], PASSWORDS[person][password])

    @precondition(lambda self: any(self.registrations.values()))
    @rule(person=_PERSON, pick=_PICK)
    def resend(self, person: str, pick: int) -> None:
        own = self.registrations[person]
        if own:
            assert self.post("resend", registration=own[pick % len(own)]).status_code == 202

    @precondition(lambda self: self.registrations["owner"])
    @rule(steps_back=_EITHER)
    def owner_confirms(self, steps_back: int) -> None:
        registration = self.registrations["owner"][-1 - steps_back :][0]
        code = self.shared.fetch_latest_code(self.address) or "none"
        account = self.account
        is_first_or_repeated = account and (not account.confirmed or account.confirmed_by_code)
        is_valid = is_first_or_repeated and account and (registration, code) == (account.registration, "123456")
        response = self.post("confirm", registration=registration, code=code)
        assert response.status_code == (204 if is_valid else 400)
        if is_valid and account:
            account.confirmed = account.confirmed_by_code = True
            assert account.password in PASSWORDS["owner"]

    @precondition(lambda self: self.registrations["other"])
    @rule(pick=_PICK, guess=_GUESS)
    def other_confirms(self, pick: int, guess: str) -> None:
        registration = self.registrations["other"][pick % len(self.registrations["other"])]
        assert self.post("confirm", registration=registration, code=guess).status_code == 400

    @rule(password=_EITHER)
    def owner_logs_in(self, password: int) -> None:
        response = self.log_in(PASSWORDS["owner"][password])
        is_valid = self.account and self.account.confirmed and self.account.password == PASSWORDS["owner"][password]
        assert (response.status_code == 200) is bool(is_valid)
        if is_valid:
            self.live.append(response.json())

    @rule(password=_EITHER)
    def other_logs_in(self, password: int) -> None:
        assert self.log_in(PASSWORDS["other"][password]).status_code in (401, 403)

    @rule()
    def request_reset(self) -> None:
        assert self.post("password/forgot", email=self.address).status_code == 202
        if self.account:
            self.account.reset_requested = True

    @rule(password=_EITHER)
    def owner_resets(self, password: int) -> None:
        code, new = self.shared.fetch_latest_code(self.address) or "none", PASSWORDS["owner"][password]
        is_valid = self.account and self.account.reset_requested and code == "654321"
        is_repeated = self.account and self.account.confirmed and self.account.password == new
        response = self.reset(code, new)
        assert response.status_code == (204 if is_valid or is_repeated else 400)
        if is_valid and self.account:
            # MiniStack also resets an unconfirmed user, with the password of the person who read the mail.
            by_code = self.account.confirmed_by_code
            self.account = Account(self.account.registration, new, confirmed=True, confirmed_by_code=by_code)
        if is_valid or is_repeated:
            self.end_sessions()

    @rule(password=_EITHER, guess=_GUESS)
    def other_resets(self, password: int, guess: str) -> None:
        assert self.reset(guess, PASSWORDS["other"][password]).status_code == 400

    @precondition(lambda self: self.live)
    @rule(current=_EITHER, new=_EITHER)
    def owner_changes_password(self, current: int, new: int) -> None:
        assert self.account
        before, after = PASSWORDS["owner"][current], PASSWORDS["owner"][new]
        # The request also succeeds if the new password is already set, as after a repeated request.
        is_accepted = self.account.password in (before, after)
        assert self.change_password(self.live[-1], before, after).status_code == (204 if is_accepted else 403)
        if is_accepted:
            self.account.password = after
            self.end_sessions()

    @precondition(lambda self: self.ended)
    @rule(pick=_PICK)
    def ended_session_cannot_change_password(self, pick: int) -> None:
        session = self.ended[pick % len(self.ended)]
        assert self.change_password(session, *PASSWORDS["owner"]).status_code == 401

    @precondition(lambda self: self.live or self.ended)
    @rule(pick=_PICK)
    def only_live_session_refreshes(self, pick: int) -> None:
        sessions = self.live + self.ended
        self.assert_refresh_only_if_live(sessions[pick % len(sessions)])

    def teardown(self) -> None:
        """Check that the owner can log in, and that the other person cannot."""
        self.shared.counts["examples"] += 1
        password = PASSWORDS["owner"][0]
        self.register("owner", 0)
        code = self.shared.fetch_latest_code(self.address)
        confirmed = self.post("confirm", registration=self.registrations["owner"][-1], code=code or "none")
        if confirmed.status_code != 204:
            self.request_reset()
            assert self.reset(self.shared.fetch_latest_code(self.address) or "none", password).status_code == 204
            self.end_sessions()
        login = self.log_in(password)
        assert login.status_code == 200
        self.live.append(login.json())
        for other_password in PASSWORDS["other"]:
            assert self.log_in(other_password).status_code in (401, 403)
        for session in self.live + self.ended:
            self.assert_refresh_only_if_live(session)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.count(path, self.shared.run(self.shared.api.http.post(f"/v1/auth/{path}", json=body)))

    def log_in(self, password: str) -> httpx.Response:
        return self.post("login", email=self.address, password=password)

    def reset(self, code: str, password: str) -> httpx.Response:
        return self.post("password/reset", email=self.address, code=code, new_password=password)

    def change_password(self, session: dict[str, Any], current: str, new: str) -> httpx.Response:
        http = self.shared.api.open_session(self.address, session).http
        body = {"current_password": current, "new_password": new}
        return self.count("change", self.shared.run(http.put("/v1/me/password", json=body)))

    def count(self, path: str, response: httpx.Response) -> httpx.Response:
        self.shared.counts[f"{path}: {response.status_code}"] += 1
        return response

    def assert_refresh_only_if_live(self, session: dict[str, Any]) -> None:
        response = self.post("refresh", refresh_token=session["refresh_token"])
        assert response.status_code == (200 if session in self.live else 401)
        if session in self.live:
            me = self.shared.run(self.shared.api.open_session(self.address, response.json()).http.get("/v1/me"))
            assert me.status_code == 200, me.text
            assert me.json()["email"] == self.address

    def end_sessions(self) -> None:
        self.ended += self.live
        self.live = []


def _run_machine(shared: SharedApi, examples: int) -> None:
    profile = Profile(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("OwnershipMachine", (OwnershipMachine,), {"shared": shared}), settings=profile)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_only_the_owner_of_the_address_gets_in(
    transport: Transport, settings: Settings, embedded: Service, figures: Figures
) -> None:
    api_context = open_api(settings, embedded.endpoint, transport)
    mailbox = httpx.Client(base_url=embedded.endpoint, trust_env=False)
    with asyncio.Runner() as runner, mailbox:
        shared = SharedApi(runner.run(api_context.__aenter__()), runner, mailbox)
        try:
            _run_machine(shared, 75 * EXAMPLES_FACTOR)
        finally:
            runner.run(api_context.__aexit__(None, None, None))
            for name, count in sorted(shared.counts.items()):
                figures(name, count)
