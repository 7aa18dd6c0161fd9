# mypy: disable-error-code="import-not-found"
"""A member uses the API through the generated client: `python scenario.py URL CODE EMAIL`.

All responses and problems are typed. test_python.py generates the client, and then checks this file with strict mypy.
"""

import sys
import uuid
from http import HTTPStatus
from typing import TypeVar

from dwipper_client import AuthenticatedClient, Client
from dwipper_client.api.auth import confirm, login, logout, refresh, register
from dwipper_client.api.dwipps import (
    create_dwipp,
    delete_dwipp,
    edit_dwipp,
    list_dwipps,
    read_dwipp,
    read_random_dwipp,
)
from dwipper_client.api.members import list_my_dwipps, list_my_favorites, list_my_upvotes, read_me
from dwipper_client.api.reactions import set_favorite, toggle_upvote
from dwipper_client.models import (
    AccountView,
    ConfirmRequest,
    DwippDraft,
    DwippEdit,
    DwippNotFoundProblem,
    DwippPage,
    DwippView,
    EditConflictProblem,
    FeedPage,
    IdempotencyKeyReusedProblem,
    InvalidCursorProblem,
    InvalidOrExpiredCodeProblem,
    InvalidRefreshTokenProblem,
    InvalidRequestProblem,
    ListDwippsSort,
    LoginRequest,
    RefreshRequest,
    RegisterRequest,
    RegistrationView,
    SessionView,
    UnauthenticatedProblem,
)
from dwipper_client.types import UNSET, Unset

PASSWORD = "a rubber duck knows"

T = TypeVar("T")


def expect(kind: type[T], body: object) -> T:
    """Return the body of a response, which must be of this type."""
    assert isinstance(body, kind), body
    return body


def register_and_log_in(visitor: Client, email: str, code: str) -> SessionView:
    registered = register.sync(client=visitor, body=RegisterRequest(email=email, password=PASSWORD))
    registration = expect(RegistrationView, registered).registration
    wrong = confirm.sync(client=visitor, body=ConfirmRequest(registration=registration, code="wrong"))
    expect(InvalidOrExpiredCodeProblem, wrong)
    confirmed = confirm.sync_detailed(client=visitor, body=ConfirmRequest(registration=registration, code=code))
    assert confirmed.status_code == HTTPStatus.NO_CONTENT
    return expect(SessionView, login.sync(client=visitor, body=LoginRequest(email=email, password=PASSWORD)))


def create_once(member: AuthenticatedClient) -> DwippView:
    key, draft = str(uuid.uuid4()), DwippDraft(text="Socks are envelopes for feet.")
    first = create_dwipp.sync_detailed(client=member, body=draft, idempotency_key=key)
    again = create_dwipp.sync_detailed(client=member, body=draft, idempotency_key=key)
    assert expect(DwippView, first.parsed) == expect(DwippView, again.parsed)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = create_dwipp.sync(client=member, body=DwippDraft(text="Another."), idempotency_key=key)
    expect(IdempotencyKeyReusedProblem, other)
    return expect(DwippView, first.parsed)


def page_through(member: AuthenticatedClient) -> None:
    for text in ("One.", "Two.", "Three."):
        expect(DwippView, create_dwipp.sync(client=member, body=DwippDraft(text=text)))
    texts: list[str] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = expect(DwippPage, list_my_dwipps.sync(client=member, limit=3, cursor=cursor))
        texts += [dwipp.text for dwipp in page.items]
        cursor = page.next_cursor
    assert texts == ["Three.", "Two.", "One.", "Socks are envelopes for feet."]
    expect(InvalidCursorProblem, list_dwipps.sync(client=member, cursor="nowhere"))


def react(member: AuthenticatedClient, dwipp_id: str) -> None:
    assert expect(DwippView, toggle_upvote.sync(dwipp_id, client=member)).upvotes == 1
    assert expect(DwippView, set_favorite.sync(dwipp_id, client=member)).favorited
    favorites = expect(DwippPage, list_my_favorites.sync(client=member))
    assert [str(dwipp.id) for dwipp in favorites.items] == [dwipp_id]


def find(member: AuthenticatedClient, dwipp_id: str) -> None:
    upvotes = expect(DwippPage, list_my_upvotes.sync(client=member))
    assert [str(dwipp.id) for dwipp in upvotes.items] == [dwipp_id]
    assert expect(FeedPage, list_dwipps.sync(client=member, ids=dwipp_id)).items == upvotes.items
    since = expect(FeedPage, list_dwipps.sync(client=member, sort=ListDwippsSort.NEW, since=dwipp_id, limit=100))
    assert dwipp_id in [str(dwipp.id) for dwipp in since.items]
    expect(FeedPage, list_dwipps.sync(client=member, sort=ListDwippsSort.TOP))
    expect(DwippView, read_random_dwipp.sync(client=member))
    refused = expect(InvalidRequestProblem, list_dwipps.sync(client=member, ids=dwipp_id, limit=20))
    assert refused.errors
    assert [error.pointer for error in refused.errors] == ["query/limit"]


def edit(member: AuthenticatedClient, dwipp_id: str) -> None:
    better = DwippEdit(text="Socks are sleeping bags.", version=1)
    edited = expect(DwippView, edit_dwipp.sync(dwipp_id, client=member, body=better))
    assert edited.version == 2
    assert edited.edited_at
    assert edited.edited_at > edited.created_at
    late = edit_dwipp.sync(dwipp_id, client=member, body=DwippEdit(text="Socks are tubes.", version=1))
    conflict = expect(EditConflictProblem, late)
    assert (conflict.type_, conflict.status) == ("urn:dwipper:problem:edit-conflict", 409)
    empty = expect(InvalidRequestProblem, edit_dwipp.sync(dwipp_id, client=member, body=DwippEdit(text=" ")))
    assert empty.errors
    assert [error.pointer for error in empty.errors] == ["/text"]


def delete(member: AuthenticatedClient, dwipp_id: str) -> None:
    assert delete_dwipp.sync_detailed(dwipp_id, client=member).status_code == HTTPStatus.NO_CONTENT
    expect(DwippNotFoundProblem, read_dwipp.sync(dwipp_id, client=member))


def refresh_and_log_out(visitor: Client, refresh_token: str) -> None:
    body = RefreshRequest(refresh_token=refresh_token)
    assert expect(SessionView, refresh.sync(client=visitor, body=body)).token_type == "Bearer"
    assert logout.sync_detailed(client=visitor, body=body).status_code == HTTPStatus.NO_CONTENT
    expect(InvalidRefreshTokenProblem, refresh.sync(client=visitor, body=body))


def main(url: str, code: str, email: str) -> None:
    visitor = Client(base_url=url, raise_on_unexpected_status=True)
    session = register_and_log_in(visitor, email, code)
    stranger = AuthenticatedClient(base_url=url, token="nobody's", raise_on_unexpected_status=True)
    expect(UnauthenticatedProblem, read_me.sync(client=stranger))
    member = AuthenticatedClient(base_url=url, token=session.access_token, raise_on_unexpected_status=True)
    assert expect(AccountView, read_me.sync(client=member)).email == email
    dwipp_id = str(create_once(member).id)
    page_through(member)
    react(member, dwipp_id)
    find(member, dwipp_id)
    edit(member, dwipp_id)
    delete(member, dwipp_id)
    refresh_and_log_out(visitor, session.refresh_token)


if __name__ == "__main__":
    main(*sys.argv[1:])
