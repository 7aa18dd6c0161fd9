"""A pending confirmation lasts a day, and its row discloses neither email nor password."""

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
from devstack.paths import ROOT

EMAIL = "kay@example.org"
FIRST_PASSWORD, SECOND_PASSWORD = "a rubber duck knows", "a rubber duck forgot"


@pytest.fixture
def pending_confirmations(settings: Settings) -> PendingConfirmationRepository:
    return PendingConfirmationRepository(dynamodb_client(settings.region), settings.members_table)


def _scan_rows(settings: Settings) -> list[dict[str, Any]]:
    items = dynamodb_client(settings.region).scan(TableName=settings.members_table)["Items"]
    return [deserialize(item) for item in items]


def test_each_password_has_its_own_pending_confirmation(pending_confirmations: PendingConfirmationRepository) -> None:
    assert not pending_confirmations.exists(EMAIL, FIRST_PASSWORD)
    pending_confirmations.record(EMAIL, FIRST_PASSWORD)
    assert pending_confirmations.exists(EMAIL, FIRST_PASSWORD)
    assert not pending_confirmations.exists(EMAIL, SECOND_PASSWORD)
    assert not pending_confirmations.exists("lee@example.org", FIRST_PASSWORD)
    second = pending_confirmations.record(EMAIL, SECOND_PASSWORD)
    assert pending_confirmations.exists(EMAIL, SECOND_PASSWORD)
    assert pending_confirmations.exists(EMAIL, FIRST_PASSWORD)
    for _ in range(2):
        pending_confirmations.forget(second)
        assert not pending_confirmations.exists(EMAIL, SECOND_PASSWORD)
        assert pending_confirmations.exists(EMAIL, FIRST_PASSWORD)


def test_pending_confirmation_lasts_a_day(
    pending_confirmations: PendingConfirmationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    pending_confirmations.record(EMAIL, FIRST_PASSWORD)
    for elapsed, expected in ((86_390, True), (86_401, False)):
        monkeypatch.setattr("app.accounts.expiring_rows.time.time", lambda now=start + elapsed: now)
        assert pending_confirmations.exists(EMAIL, FIRST_PASSWORD) is expected


def test_pending_confirmations_expire_separately(
    pending_confirmations: PendingConfirmationRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    for elapsed, password in ((0, FIRST_PASSWORD), (3600, SECOND_PASSWORD)):
        monkeypatch.setattr("app.accounts.expiring_rows.time.time", lambda now=start + elapsed: now)
        pending_confirmations.record(EMAIL, password)
    for elapsed, expected in ((86_390, [True, True]), (86_401, [False, True]), (90_001, [False, False])):
        monkeypatch.setattr("app.accounts.expiring_rows.time.time", lambda now=start + elapsed: now)
        assert [
            pending_confirmations.exists(EMAIL, password) for password in (FIRST_PASSWORD, SECOND_PASSWORD)
        ] == expected


def test_rows_disclose_neither_email_nor_password(
    pending_confirmations: PendingConfirmationRepository, settings: Settings
) -> None:
    for email in (EMAIL, EMAIL, "lee@example.org"):
        pending_confirmations.record(email, FIRST_PASSWORD)
    rows = _scan_rows(settings)
    assert [row.keys() for row in rows] == [{"pk", "expires_at"}] * 2
    (_, email_hash, verifier), (_, other_hash, other_verifier) = sorted(row["pk"].split("#") for row in rows)
    assert {email_hash, other_hash} == {
        hashlib.sha256(email.encode()).hexdigest() for email in (EMAIL, "lee@example.org")
    }
    assert verifier != other_verifier, "the same password has the same verifier for both emails"
    # A longer verifier would confirm a guess.
    assert len(bytes.fromhex(verifier)) == 2


def test_scrypt_uses_at_least_16_mebibytes() -> None:
    """Read the cost in another process, because a fixture lowers it in this process."""
    result = subprocess.run(
        [sys.executable, "-c", "from app.accounts.pending_confirmations import SCRYPT_COST; print(SCRYPT_COST)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    # scrypt uses N * r * 128 bytes (RFC 7914, section 2).
    assert int(result.stdout) * 8 * 128 >= 16 * 1024 * 1024
