"""A creation that finds the row of its own earlier attempt is not a replay. An expired row is not replayed."""

import time

import pytest
from botocore.stub import Stubber

from app.aws.clients import dynamodb_client
from app.aws.items import serialize
from app.dwipps import idempotency
from app.dwipps.idempotency import IdempotentWriter
from app.dwipps.ids import new_id
from app.dwipps.repository import DwippRepository
from testkit import members


@pytest.mark.parametrize("is_own", [True, False], ids=["own attempt", "earlier request"])
def test_only_the_row_by_an_earlier_request_is_a_replay(is_own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    author, own_id = members.make_author("kay"), new_id()
    monkeypatch.setattr(idempotency, "new_id", lambda: own_id)
    monkeypatch.setattr("app.aws.retries._FIRST_PAUSE_SECONDS", 0)
    client = dynamodb_client("us-east-1")
    stored_id = own_id if is_own else new_id()
    row = {"dwipp_id": stored_id, "text_hash": idempotency._hash(author.id, "a-key", "Hm.")}
    with Stubber(client) as stubber:
        for reasons in (
            [{"Code": "TransactionConflict"}, {"Code": "None"}],
            [{"Code": "ConditionalCheckFailed", "Item": serialize(row)}, {"Code": "None"}],
        ):
            stubber.add_client_error(
                "transact_write_items",
                "TransactionCanceledException",
                modeled_fields={"CancellationReasons": reasons},
            )
        writer = IdempotentWriter(client, "members", DwippRepository(client, "dwipps", 1))
        dwipp, is_replay = writer.create(author, "a-key", "Hm.")
    assert (dwipp.id, is_replay) == (stored_id, not is_own)


@pytest.mark.parametrize(("seconds", "is_found"), [(60, True), (-1, False)], ids=["current", "expired"])
def test_only_a_current_row_is_replayed(seconds: int, is_found: bool) -> None:
    author, stored_id = members.make_author("kay"), new_id()
    row = {
        "dwipp_id": stored_id,
        "text_hash": idempotency._hash(author.id, "a-key", "Hm."),
        "expires_at": int(time.time()) + seconds,
    }
    client = dynamodb_client("us-east-1")
    with Stubber(client) as stubber:
        stubber.add_response("get_item", {"Item": serialize(row)})
        writer = IdempotentWriter(client, "members", DwippRepository(client, "dwipps", 1))
        replay = writer.get_replay(author, "a-key", "Hm.")
    assert (replay.id if replay else None) == (stored_id if is_found else None)


def test_no_key_is_no_replay() -> None:
    client = dynamodb_client("us-east-1")
    with Stubber(client):
        writer = IdempotentWriter(client, "members", DwippRepository(client, "dwipps", 1))
        assert writer.get_replay(members.make_author("kay"), None, "Hm.") is None
