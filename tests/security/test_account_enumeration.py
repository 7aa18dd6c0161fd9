"""Responses do not disclose whether an email has a confirmed account, an unconfirmed account, or none.

The only exception is a password reset by an administrator.

A client knows the email, the registrations in its responses, and the passwords that it registers. It cannot read the
mail, so its codes are wrong. To Cognito the code of another registration is a wrong code too.

MiniStack refuses each login of an unconfirmed user. According to many reports, AWS does the same
(https://github.com/aws/aws-sdk-js/issues/4608).
"""

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from app.cognito.user_pool import UserPool
from app.me import deletions
from devstack.paths import ROOT
from devstack.process import Service
from testkit.api_client import Api
from testkit.hypothesis_settings import without_deadline
from tests.conftest import Figures
from tests.security.account_owner import run_account_lifecycle
from tests.security.enumeration_client import (
    UNKNOWN_REGISTRATION,
    EnumerationClient,
    Probe,
    confirm,
    fingerprint,
    log_in,
    register,
    request_reset,
    request_token,
    resend,
    reset_password,
)
from tests.security.watched_api import WatchedApi, open_watched_api

pytestmark = pytest.mark.slow

# The account states of an email. "known" has a confirmed account, "unknown" has none.
ACCOUNT_STATES = ("known", "unconfirmed", "unknown")
_EMAIL_INITIALS = dict(zip(ACCOUNT_STATES, "abc", strict=True))
TAKEN_HANDLE = "taken_by_kay"
WEAK_PASSWORD = "qwertz"
# The passwords that clients send. The owners of the accounts have others.
FIRST_PASSWORD, LATER_PASSWORD, GUESSED_PASSWORD = (
    "correct horse battery staple",
    "a later password",
    "a guessed password",
)

EXAMPLES_FACTOR = int(os.environ.get("EXAMPLES", "1"))

_numbers = itertools.count(100_000)

_SPELLINGS = st.sampled_from((str, str.upper, str.title))
_REGISTRATIONS = st.sampled_from(("first", "last", UNKNOWN_REGISTRATION, "no such thing", ""))
_CODES = st.sampled_from(("000000", "246810", "12345", "", "x y", "١٢٣٤٥٦", "1" * 5000))
_NEW_PASSWORDS = st.sampled_from((FIRST_PASSWORD, LATER_PASSWORD, WEAK_PASSWORD, " blank before"))
_PASSWORDS = st.sampled_from((FIRST_PASSWORD, LATER_PASSWORD, GUESSED_PASSWORD, "x"))
_HANDLES = st.sampled_from((None, "free_to_have", TAKEN_HANDLE, "admin", "No!"))
_PROBES = st.one_of(
    st.builds(register, _NEW_PASSWORDS, _HANDLES, _SPELLINGS),
    st.builds(confirm, _REGISTRATIONS, _CODES),
    st.builds(resend, _REGISTRATIONS),
    st.builds(request_reset, _SPELLINGS),
    st.builds(reset_password, _CODES, _NEW_PASSWORDS, _SPELLINGS),
    st.builds(log_in, _PASSWORDS, _SPELLINGS),
    st.builds(request_token, _PASSWORDS),
)
_REPEATED_PROBES = st.builds(lambda probe, times: replace(probe, times=times), _PROBES, st.integers(1, 3))


@pytest.fixture(scope="module", params=["uvicorn", "rest"])
def watched(request: pytest.FixtureRequest, embedded: Service) -> Iterator[WatchedApi]:
    with open_watched_api(embedded.endpoint, request.param) as watched:
        watched.run(_take_handle(watched.api))
        yield watched


async def _take_handle(api: Api) -> None:
    await (await api.create_member(TAKEN_HANDLE)).get("/v1/me")


async def _create_clients(api: Api) -> list[EnumerationClient]:
    """Return one client for each account state. Their emails have the same length."""
    number = next(_numbers)
    known, unconfirmed, unknown = (f"{_EMAIL_INITIALS[state]}{number}@example.org" for state in ACCOUNT_STATES)
    await api.confirm(await api.register(known), known)
    await api.register(unconfirmed)
    return [EnumerationClient(api.http, email) for email in (known, unconfirmed, unknown)]


async def _collect_fingerprints(
    clients: Sequence[EnumerationClient], probes: Sequence[Probe]
) -> list[list[tuple[Any, ...]]]:
    """Send each probe from each client. Return a list of fingerprints for each time that a probe is sent."""
    repeated = [probe for probe in probes for _ in range(probe.times)]
    return [[fingerprint(await probe.send(client)) for client in clients] for probe in repeated]


def _assert_indistinguishable(
    watched: WatchedApi, *probes: Probe, during: AbstractContextManager[None] | None = None
) -> None:
    clients = watched.run(_create_clients(watched.api))
    with during or nullcontext():
        for fingerprints in watched.run(_collect_fingerprints(clients, probes)):
            assert fingerprints == [fingerprints[0]] * len(ACCOUNT_STATES)


def test_account_states_are_indistinguishable(watched: WatchedApi, figures: Figures) -> None:
    sent_probes: list[Probe] = []

    @profile(without_deadline, max_examples=15 * EXAMPLES_FACTOR, database=None)
    @given(st.lists(_REPEATED_PROBES, min_size=3, max_size=8))
    def run(probes: list[Probe]) -> None:
        _assert_indistinguishable(watched, *probes)
        sent_probes.extend(probes)

    run()
    figures("requests", len(ACCOUNT_STATES) * sum(probe.times for probe in sent_probes))


def test_ten_repetitions_of_a_probe_are_indistinguishable(watched: WatchedApi) -> None:
    probes = [register(FIRST_PASSWORD, "free_to_have"), confirm("last", "000000"), resend("last"), request_reset()]
    probes += [reset_password("000000", FIRST_PASSWORD), log_in(GUESSED_PASSWORD), request_token(GUESSED_PASSWORD)]
    _assert_indistinguishable(watched, *(replace(probe, times=10) for probe in probes))


_CONFIRM_PROBES = [register(FIRST_PASSWORD), confirm("last", "0")]
_RESEND_PROBES = [register(FIRST_PASSWORD), resend("last")]
_RESET_PROBES = [reset_password("0", FIRST_PASSWORD)]
_LOGIN_PROBES = [log_in(GUESSED_PASSWORD), request_token(GUESSED_PASSWORD)]


@pytest.mark.parametrize(
    ("operation", "probes", "errors"),
    [
        ("ConfirmSignUp", _CONFIRM_PROBES, ["TooManyFailedAttempts", "LimitExceeded"]),
        ("ConfirmSignUp", _CONFIRM_PROBES, ["ExpiredCode", "AliasExists", "NotAuthorized"]),
        ("ResendConfirmationCode", _RESEND_PROBES, ["LimitExceeded", "CodeDeliveryFailure"]),
        ("ResendConfirmationCode", _RESEND_PROBES, ["InvalidParameter", "UserNotFound"]),
        (
            "ForgotPassword",
            [request_reset()],
            ["LimitExceeded", "CodeDeliveryFailure", "InvalidParameter", "NotAuthorized"],
        ),
        ("ConfirmForgotPassword", _RESET_PROBES, ["TooManyFailedAttempts", "LimitExceeded", "ExpiredCode"]),
        ("ConfirmForgotPassword", _RESET_PROBES, ["UserNotConfirmed", "NotAuthorized", "InvalidParameter"]),
        ("AdminInitiateAuth", _LOGIN_PROBES, ["NotAuthorized", "InvalidParameter"]),
        ("AdminInitiateAuth", _RESET_PROBES, ["NotAuthorized", "UserNotConfirmed", "PasswordResetRequired"]),
    ],
    ids=[
        "confirm, limits",
        "confirm, invalid code",
        "resend, mail not sent",
        "resend, invalid user",
        "request of a reset",
        "reset, limits or expired code",
        "reset, invalid user",
        "login",
        "reset, login with the new password",
    ],
)
def test_cognito_errors_of_existing_users_are_indistinguishable(
    operation: str, probes: list[Probe], errors: list[str], watched: WatchedApi
) -> None:
    # Cognito raises these errors only for existing users.
    for error in errors:
        refused = watched.calls.refuse(
            operation, f"{error}Exception", "Attempt limit exceeded", unless=partial(_is_about, "unknown")
        )
        _assert_indistinguishable(watched, *probes, *probes, during=refused)


@pytest.mark.parametrize("error", ["CodeDeliveryFailureException", "LimitExceededException"])
def test_undelivered_sign_up_mail_is_indistinguishable(error: str, watched: WatchedApi) -> None:
    # Cognito raises `UsernameExistsException` before it mails, so a confirmed account does not get this error.
    refused = watched.calls.refuse("SignUp", error, "Exceeded daily email limit", unless=partial(_is_about, "known"))
    probes = [register(FIRST_PASSWORD), confirm("last", "0"), resend("last"), register(FIRST_PASSWORD)]
    _assert_indistinguishable(watched, *probes, during=refused)


def test_administrators_reset_is_disclosed(watched: WatchedApi) -> None:
    # SECURITY.md lists this as a remaining risk: the member must learn why the password is refused.
    clients = watched.run(_create_clients(watched.api))
    refused = watched.calls.refuse(
        "AdminInitiateAuth", "PasswordResetRequiredException", "", unless=partial(_is_about, "unknown")
    )
    with refused:
        for known, unconfirmed, unknown in watched.run(_collect_fingerprints(clients, _LOGIN_PROBES)):
            assert known == unconfirmed != unknown


def test_concurrent_registrations_are_indistinguishable(watched: WatchedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    # A removal of the unconfirmed user has no effect, as if another registration recreated the user at once.
    clients = watched.run(_create_clients(watched.api))
    watched.run(_collect_fingerprints(clients, [register(LATER_PASSWORD)]))
    monkeypatch.setattr(UserPool, "delete", lambda *_: None)
    probes = [register(FIRST_PASSWORD), confirm("last", "000000"), resend("last")]
    for fingerprints in watched.run(_collect_fingerprints(clients, probes)):
        assert fingerprints == [fingerprints[0]] * len(ACCOUNT_STATES)


def test_owners_actions_do_not_change_responses(watched: WatchedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    # A different response would disclose the action.
    monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
    probes = [log_in(FIRST_PASSWORD), request_token(FIRST_PASSWORD), log_in(GUESSED_PASSWORD)]
    probes += [confirm("last", "000000"), resend("last"), reset_password("0", FIRST_PASSWORD)]

    async def run() -> None:
        client = EnumerationClient(watched.api.http, f"owned{next(_numbers)}@example.org")
        await register(FIRST_PASSWORD).send(client)
        before = await _collect_fingerprints([client], probes)
        assert before[0][0][0] == 403  # The login with the password of an unconfirmed registration.
        async for step in run_account_lifecycle(watched.api, client.email):
            assert await _collect_fingerprints([client], probes) == before, step

    watched.run(run())


def test_logins_with_registered_passwords_are_indistinguishable(watched: WatchedApi) -> None:
    first = [register(FIRST_PASSWORD), log_in(FIRST_PASSWORD), request_token(FIRST_PASSWORD)]
    _assert_indistinguishable(watched, *first, register(LATER_PASSWORD), log_in(FIRST_PASSWORD), log_in(LATER_PASSWORD))


_PROBES_BY_NAME = {
    "register": [register(FIRST_PASSWORD)],
    "register, with a handle": [register(FIRST_PASSWORD, "free_to_have")],
    "confirm": [register(FIRST_PASSWORD), confirm("last", "000000")],
    "resend": [register(FIRST_PASSWORD), resend("last")],
    "login": [log_in(GUESSED_PASSWORD)],
    "forgot": [request_reset()],
    "reset": [reset_password("000000", FIRST_PASSWORD)],
}
# The calls of a registration that removes an unconfirmed user.
_CALLS_WITH_REMOVAL = (
    "PutItem SignUp AdminGetUser GetItem UpdateItem AdminGetUser AdminDeleteUser SignUp PutItem PutItem"
)
# The calls to AWS of each request, by account state. They determine the response time, so SECURITY.md lists them.
_CALLS = {
    "register": {
        "known": "PutItem SignUp AdminGetUser PutItem PutItem",
        "unconfirmed": _CALLS_WITH_REMOVAL,
        "unknown": "PutItem SignUp PutItem PutItem",
    },
    "register, with a handle": {
        "known": "GetItem PutItem SignUp AdminGetUser PutItem PutItem",
        "unconfirmed": f"GetItem {_CALLS_WITH_REMOVAL}",
        "unknown": "GetItem PutItem SignUp PutItem PutItem",
    },
    "confirm": {
        "known": "GetItem",
        **dict.fromkeys(("unconfirmed", "unknown"), "GetItem GetItem UpdateItem ConfirmSignUp UpdateItem"),
    },
    "resend": {"known": "GetItem", **dict.fromkeys(("unconfirmed", "unknown"), "GetItem ResendConfirmationCode")},
    "login": dict.fromkeys(ACCOUNT_STATES, "AdminInitiateAuth GetItem"),
    "forgot": dict.fromkeys(ACCOUNT_STATES, "ForgotPassword"),
    "reset": dict.fromkeys(ACCOUNT_STATES, "ConfirmForgotPassword AdminInitiateAuth"),
}
# The rows of the table in SECURITY.md, with their keys in `_CALLS`.
_DOCUMENTED_ROWS = {
    "register": "register",
    "confirm, with its registration": "confirm",
    "resend, with its registration": "resend",
    "log in": "login",
    "forgot": "forgot",
    "reset, with a wrong code": "reset",
}


@pytest.mark.parametrize("row", _DOCUMENTED_ROWS)
def test_security_md_lists_the_calls_of_each_request(row: str) -> None:
    (line,) = re.findall(rf"^ *\| {row} \| (.*) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    first, *others = line.replace(",", "").split(" | ")
    documented = [first, *(first if other == "the same" else other for other in others)]
    assert documented == list(_CALLS[_DOCUMENTED_ROWS[row]].values())


def test_requests_make_the_listed_calls(watched: WatchedApi, figures: Figures) -> None:
    for name, probes in _PROBES_BY_NAME.items():
        calls = watched.run(_record_calls(watched, probes))
        assert calls == _CALLS[name], name
        figures(name, calls)


async def _record_calls(watched: WatchedApi, probes: list[Probe]) -> dict[str, str]:
    """Send the probes for each account state. Return the calls to AWS of the last probe, by account state."""
    calls = {}
    for state, client in zip(ACCOUNT_STATES, await _create_clients(watched.api), strict=True):
        for probe in probes:
            watched.calls.operations.clear()
            await probe.send(client)
        calls[state] = " ".join(watched.calls.operations)
    return calls


def _is_about(state: str, arguments: dict[str, Any]) -> bool:
    """Return True if the arguments of a call to Cognito name an email with this account state."""
    name = arguments.get("Username") or arguments["AuthParameters"]["USERNAME"]
    return re.fullmatch(rf"{_EMAIL_INITIALS[state]}\d+@example\.org", name) is not None
