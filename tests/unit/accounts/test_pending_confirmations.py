"""Whoever registered an email is told to confirm for a day; what is kept for that tells nobody else anything."""

import hashlib
import subprocess
import sys
import time
from typing import Any

import pytest

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.aws.clients import dynamodb_client
from app.aws.items import deserialize
from app.settings import Settings
from devstack.api import ROOT

EMAIL, FIRST, SECOND = "kay@example.org", "a rubber duck knows", "a rubber duck forgot"


@pytest.fixture
def waiting(settings: Settings) -> PendingConfirmationRepository:
    return PendingConfirmationRepository(dynamodb_client(settings.region), settings.members_table)


def _rows(settings: Settings) -> list[dict[str, Any]]:
    found = dynamodb_client(settings.region).scan(TableName=settings.members_table)["Items"]
    return [deserialize(item) for item in found]


def test_each_registration_of_an_email_waits_whoever_registers_it_then(waiting: PendingConfirmationRepository) -> None:
    assert not waiting.exists(EMAIL, FIRST)
    waiting.record(EMAIL, FIRST)
    assert waiting.exists(EMAIL, FIRST)
    assert not waiting.exists(EMAIL, SECOND)
    assert not waiting.exists("lee@example.org", FIRST)
    second = waiting.record(EMAIL, SECOND)
    assert waiting.exists(EMAIL, SECOND)
    assert waiting.exists(EMAIL, FIRST)
    for _ in range(2):
        waiting.forget(second)
        assert not waiting.exists(EMAIL, SECOND)
        assert waiting.exists(EMAIL, FIRST)


def test_it_waits_for_a_day(waiting: PendingConfirmationRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()
    waiting.record(EMAIL, FIRST)
    for later, expected in ((86_390, True), (86_401, False)):
        monkeypatch.setattr("app.accounts.pending_confirmations.time.time", lambda now=began + later: now)
        assert waiting.exists(EMAIL, FIRST) is expected


def test_each_waits_for_a_day_of_its_own(
    waiting: PendingConfirmationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time()
    for later, password in ((0, FIRST), (3600, SECOND)):
        monkeypatch.setattr("app.accounts.pending_confirmations.time.time", lambda now=began + later: now)
        waiting.record(EMAIL, password)
    for later, expected in ((86_390, [True, True]), (86_401, [False, True]), (90_001, [False, False])):
        monkeypatch.setattr("app.accounts.pending_confirmations.time.time", lambda now=began + later: now)
        assert [waiting.exists(EMAIL, password) for password in (FIRST, SECOND)] == expected


def test_neither_email_nor_password_can_be_had_from_what_is_kept(
    waiting: PendingConfirmationRepository, settings: Settings
) -> None:
    for email in (EMAIL, EMAIL, "lee@example.org"):
        waiting.record(email, FIRST)
    rows = _rows(settings)
    assert [row.keys() for row in rows] == [{"pk", "expires_at"}] * 2
    (_, address, verifier), (_, another_address, another_verifier) = sorted(row["pk"].split("#") for row in rows)
    assert {address, another_address} == {
        hashlib.sha256(email.encode()).hexdigest() for email in (EMAIL, "lee@example.org")
    }
    assert verifier != another_verifier, "one password looks another for another email"
    assert len(bytes.fromhex(verifier)) == 2, "too little to be sure of a guess by"


def test_a_guess_costs_a_guesser_time_and_memory() -> None:
    """In a process of its own, since here the tests have made it cheap."""
    told = subprocess.run(
        [sys.executable, "-c", "from app.accounts.pending_confirmations import SCRYPT_COST; print(SCRYPT_COST)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) * 8 * 128 >= 16 * 1024 * 1024, "bytes, by RFC 7914"
