"""Who cannot read its mail finds no difference between an email that has an account, one that waits, and any other.

What an asker has is an email; the registrations that they were answered with; the passwords that they gave, and others
that are not the owner's; codes that are not the right ones. A code of somebody else's registration is, to Cognito, one
wrong code like any other. That somebody is not confirmed MiniStack says whatever the password is. So does Amazon, by
many reports (https://github.com/aws/aws-sdk-js/issues/4608).
"""

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from app.cognito.user_pool import UserPool
from app.me import deletion
from devstack.api import ROOT
from devstack.process import Service
from testkit.api_client import Api
from testkit.hypothesis_settings import unhurried
from tests.conftest import Figures
from tests.security.account_owner import life
from tests.security.enumeration_client import (
    UNKNOWN_REGISTRATION,
    Asker,
    Question,
    confirm,
    forgot,
    login,
    register,
    resend,
    reset,
    seen,
    token,
)
from tests.security.watched_api import Stage, staged

pytestmark = pytest.mark.slow

KINDS = ("known", "unconfirmed", "unknown")
_STARTS = dict(zip(KINDS, "abc", strict=True))
TAKEN, WEAK = "taken_by_kay", "too short"
OURS, LATER, GUESSED = "what the asker gave", "what they gave later", "what they guessed"

EXAMPLES = int(os.environ.get("EXAMPLES", "1"))

_numbers = itertools.count(100_000)

_SPELLED = st.sampled_from((str, str.upper, str.title))
_WHICH = st.sampled_from(("first", "last", UNKNOWN_REGISTRATION, "no such thing", ""))
_CODE = st.sampled_from(("000000", "246810", "12345", "", "x y", "١٢٣٤٥٦", "1" * 5000))
_NEW = st.sampled_from((OURS, LATER, WEAK, " blank before"))
_PASSWORD = st.sampled_from((OURS, LATER, GUESSED, "x"))
_HANDLE = st.sampled_from((None, "free_to_have", TAKEN, "admin", "No!"))
_QUESTION = st.one_of(
    st.builds(register, _NEW, _HANDLE, _SPELLED),
    st.builds(confirm, _WHICH, _CODE),
    st.builds(resend, _WHICH),
    st.builds(forgot, _SPELLED),
    st.builds(reset, _CODE, _NEW, _SPELLED),
    st.builds(login, _PASSWORD, _SPELLED),
    st.builds(token, _PASSWORD),
)
_REPEATED = st.builds(lambda question, times: replace(question, times=times), _QUESTION, st.integers(1, 3))


@pytest.fixture(scope="module", params=["uvicorn", "rest"])
def stage(request: pytest.FixtureRequest, embedded: Service) -> Iterator[Stage]:
    with staged(embedded.endpoint, request.param) as stage:
        stage.run(_has_a_handle(stage.api))
        yield stage


async def _has_a_handle(api: Api) -> None:
    await (await api.member(TAKEN)).get("/v1/me")


async def _askers(api: Api) -> list[Asker]:
    """One for each kind of email; they are equally long."""
    number = next(_numbers)
    known, unconfirmed, unknown = (f"{_STARTS[kind]}{number}@example.org" for kind in KINDS)
    await api.confirm(await api.register(known), known)
    await api.register(unconfirmed)
    return [Asker(api.http, email) for email in (known, unconfirmed, unknown)]


async def _answers(askers: Sequence[Asker], questions: Sequence[Question]) -> list[list[tuple[Any, ...]]]:
    """What each of three askers sees, question by question."""
    asked = [question for question in questions for _ in range(question.times)]
    return [[seen(await question.ask(asker)) for asker in askers] for question in asked]


def _assert_alike(stage: Stage, *questions: Question, meanwhile: AbstractContextManager[None] | None = None) -> None:
    askers = stage.run(_askers(stage.api))
    with meanwhile or nullcontext():
        for answers in stage.run(_answers(askers, questions)):
            assert answers == [answers[0]] * len(KINDS)


def test_no_questions_in_any_order_tell_them_apart(stage: Stage, figures: Figures) -> None:
    asked: list[Question] = []

    @profile(unhurried, max_examples=15 * EXAMPLES, database=None)
    @given(st.lists(_REPEATED, min_size=3, max_size=8))
    def tell(questions: list[Question]) -> None:
        _assert_alike(stage, *questions)
        asked.extend(questions)

    tell()
    figures("requests", len(KINDS) * sum(question.times for question in asked))


def test_no_question_tells_them_apart_by_being_asked_ten_times(stage: Stage) -> None:
    questions = [register(OURS, "free_to_have"), confirm("last", "000000"), resend("last"), forgot()]
    questions += [reset("000000", OURS), login(GUESSED), token(GUESSED)]
    _assert_alike(stage, *(replace(question, times=10) for question in questions))


@pytest.mark.parametrize(
    ("operation", "questions", "names"),
    [
        ("ConfirmSignUp", [register(OURS), confirm("last", "0")], ["TooManyFailedAttempts", "LimitExceeded"]),
        ("ConfirmSignUp", [register(OURS), confirm("last", "0")], ["ExpiredCode", "AliasExists", "NotAuthorized"]),
        ("ResendConfirmationCode", [register(OURS), resend("last")], ["LimitExceeded", "CodeDeliveryFailure"]),
        ("ResendConfirmationCode", [register(OURS), resend("last")], ["InvalidParameter", "UserNotFound"]),
        ("ForgotPassword", [forgot()], ["LimitExceeded", "CodeDeliveryFailure", "InvalidParameter", "NotAuthorized"]),
        ("ConfirmForgotPassword", [reset("0", OURS)], ["TooManyFailedAttempts", "LimitExceeded", "ExpiredCode"]),
        ("ConfirmForgotPassword", [reset("0", OURS)], ["UserNotConfirmed", "NotAuthorized", "InvalidParameter"]),
        ("AdminInitiateAuth", [login(GUESSED), token(GUESSED)], ["NotAuthorized", "InvalidParameter"]),
        ("AdminInitiateAuth", [reset("0", OURS)], ["NotAuthorized", "UserNotConfirmed", "PasswordResetRequired"]),
    ],
)
def test_no_limit_or_state_of_one_user_tells_them_apart(
    operation: str, questions: list[Question], names: list[str], stage: Stage
) -> None:
    """Cognito refuses the users that there are, and has never heard of the other."""
    for name in names:
        refused = stage.calls.refusing(
            operation, f"{name}Exception", "Attempt limit exceeded", unless=_is_of("unknown")
        )
        _assert_alike(stage, *questions, *questions, meanwhile=refused)


@pytest.mark.parametrize("name", ["CodeDeliveryFailureException", "LimitExceededException"])
def test_no_mail_that_cannot_be_sent_tells_them_apart(name: str, stage: Stage) -> None:
    """Cognito looks whether there is a user before it mails."""
    refused = stage.calls.refusing("SignUp", name, "Exceeded daily email limit", unless=_is_of("known"))
    _assert_alike(stage, register(OURS), confirm("last", "0"), resend("last"), register(OURS), meanwhile=refused)


def test_an_administrators_reset_is_told(stage: Stage) -> None:
    """SECURITY.md says so: the member has to hear why their password is refused."""
    askers = stage.run(_askers(stage.api))
    with stage.calls.refusing("AdminInitiateAuth", "PasswordResetRequiredException", "", unless=_is_of("unknown")):
        for answers in stage.run(_answers(askers, [login(GUESSED), token(GUESSED)])):
            known, unconfirmed, unknown = answers
            assert known == unconfirmed != unknown


def test_nobody_else_who_registers_the_email_at_the_same_time_tells_them_apart(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever somebody makes room for themselves, another is there."""
    askers = stage.run(_askers(stage.api))
    stage.run(_answers(askers, [register(LATER)]))
    monkeypatch.setattr(UserPool, "delete", lambda *_: None)
    for answers in stage.run(_answers(askers, [register(OURS), confirm("last", "000000"), resend("last")])):
        assert answers == [answers[0]] * len(KINDS)


def test_nothing_that_others_do_changes_what_an_asker_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or it would tell what they did."""
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
    questions = [login(OURS), token(OURS), login(GUESSED), confirm("last", "000000"), resend("last"), reset("0", OURS)]

    async def ask() -> None:
        asker = Asker(stage.api.http, f"owned{next(_numbers)}@example.org")
        await register(OURS).ask(asker)
        told = await _answers([asker], questions)
        assert told[0][0][0] == 403
        async for done in life(stage.api, asker.email):
            assert await _answers([asker], questions) == told, done

    stage.run(ask())


def test_who_registers_an_email_learns_nothing_by_logging_in(stage: Stage) -> None:
    _assert_alike(stage, register(OURS), login(OURS), token(OURS), register(LATER), login(OURS), login(LATER))


_ASKED = {
    "register": [register(OURS)],
    "register, with a handle": [register(OURS, "free_to_have")],
    "confirm": [register(OURS), confirm("last", "000000")],
    "resend": [register(OURS), resend("last")],
    "login": [login(GUESSED)],
    "forgot": [forgot()],
    "reset": [reset("000000", OURS)],
}
_REPLACE = "SignUp AdminGetUser UpdateItem AdminGetUser AdminDeleteUser SignUp PutItem PutItem"
# What the time of an answer may still tell: SECURITY.md has it from here.
_CALLED = {
    "register": {
        "known": "SignUp AdminGetUser PutItem PutItem",
        "unconfirmed": _REPLACE,
        "unknown": "SignUp PutItem PutItem",
    },
    "register, with a handle": {
        "known": "GetItem SignUp AdminGetUser PutItem PutItem",
        "unconfirmed": f"GetItem {_REPLACE}",
        "unknown": "GetItem SignUp PutItem PutItem",
    },
    "confirm": {"known": "GetItem", **dict.fromkeys(("unconfirmed", "unknown"), "GetItem GetItem ConfirmSignUp")},
    "resend": {"known": "GetItem", **dict.fromkeys(("unconfirmed", "unknown"), "GetItem ResendConfirmationCode")},
    "login": dict.fromkeys(KINDS, "AdminInitiateAuth GetItem"),
    "forgot": dict.fromkeys(KINDS, "ForgotPassword"),
    "reset": dict.fromkeys(KINDS, "ConfirmForgotPassword AdminInitiateAuth"),
}


_SAID = {
    "register": "register",
    "confirm with what that answered": "confirm",
    "resend with it": "resend",
    "log in": "login",
    "forgot": "forgot",
    "reset, by a wrong code": "reset",
}


@pytest.mark.parametrize("row", _SAID)
def test_what_is_said_of_it_is_so(row: str) -> None:
    (line,) = re.findall(rf"^ *\| {row} \| (.*) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    first, *others = line.replace(",", "").split(" | ")
    assert [first, *(first if other == "the same" else other for other in others)] == list(_CALLED[_SAID[row]].values())


def test_what_is_called_is_what_time_may_tell(stage: Stage, figures: Figures) -> None:
    for name, questions in _ASKED.items():
        called = stage.run(_called(stage, questions))
        assert called == _CALLED[name], name
        figures(name, called)


async def _called(stage: Stage, questions: list[Question]) -> dict[str, str]:
    """The calls that the last question leads to, for each kind of email."""
    called = {}
    for kind, asker in zip(KINDS, await _askers(stage.api), strict=True):
        for question in questions:
            stage.calls.made.clear()
            await question.ask(asker)
        called[kind] = " ".join(stage.calls.made)
    return called


def _is_of(kind: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a call to Cognito is about the email of this kind."""

    def check(arguments: dict[str, Any]) -> bool:
        name = arguments.get("Username") or arguments["AuthParameters"]["USERNAME"]
        return re.fullmatch(rf"{_STARTS[kind]}\d+@example\.org", name) is not None

    return check
