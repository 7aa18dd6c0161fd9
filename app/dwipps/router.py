"""`/v1/dwipps`: everybody's Dwipps."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from app import errors
from app.auth.dependencies import CurrentPrincipal
from app.aws.concurrency import run_concurrently
from app.dwipps.dependencies import (
    Deletion,
    DwippFeed,
    DwippIdParam,
    Dwipps,
    DwippWriter,
    IdempotencyKey,
    ListingParams,
    Reactions,
)
from app.dwipps.feed import to_view
from app.dwipps.schemas import DwippDraft, DwippEdit, DwippPage, DwippView, FeedPage, dwipp_example
from app.limits.dependencies import ChangeLimit, DwippLimit
from app.members.audience import Audiences
from app.members.dependencies import ActiveMember, CurrentMember, MemberAudiences
from app.observability.metrics import counted_as
from app.openapi import examples
from app.openapi.links import links_with_parameters
from app.openapi.problem_responses import (
    BODY_ERRORS,
    LIMITED_ACTIVE_MEMBER_ERRORS,
    LIMITED_MEMBER_ERRORS,
    PAGE_ERRORS,
    PRINCIPAL_ERRORS,
    error_responses,
)
from app.web.problems import METHOD_NOT_ALLOWED
from app.web.routing import ApiRoute

router = APIRouter(prefix="/v1/dwipps", tags=["dwipps"], route_class=ApiRoute)

_CREATED: Any = {
    201: {
        "content": {"application/json": {"example": dwipp_example()}},
        "links": links_with_parameters(
            *("read_dwipp", "edit_dwipp", "delete_dwipp", "toggle_upvote", "set_upvote", "clear_upvote"),
            *("toggle_favorite", "set_favorite", "clear_favorite"),
            dwipp_id="$response.body#/id",
        ),
    }
}
_EDITED: Any = {
    200: {
        "content": {
            "application/json": {
                "example": dwipp_example(text=examples.NEW_TEXT, edited_at=examples.EDITED_AT, version=2, upvotes=3)
            }
        }
    }
}


@contextmanager
def _hide_refusals(audiences: Audiences, member_id: str) -> Iterator[None]:
    """Replace NotTheAuthorError by DwippNotFoundError if the member may not see the Dwipp."""
    try:
        yield
    except errors.NotTheAuthorError as error:
        if not audiences.get(member_id).may_see_member(error.author_handle):
            raise errors.DwippNotFoundError from error
        raise


@router.get(
    "",
    summary="List everybody's Dwipps",
    response_model=FeedPage,
    response_model_exclude_unset=True,  # Only pages of ranked lists have the member `as_of`.
    responses=error_responses(*PRINCIPAL_ERRORS, *PAGE_ERRORS),
)
def list_dwipps(principal: CurrentPrincipal, params: ListingParams, feed: DwippFeed) -> DwippPage:
    """Return a page of all Dwipps, by default newest first.

    `next_cursor`, or the `Link` header, leads to the next page. The list ends if `next_cursor` is null. A Dwipp that
    exists while you read all pages appears exactly once, even if members write meanwhile. A new Dwipp may be missing
    for one second.

    `ids` reads these Dwipps in this order. Those that you cannot see are left out, and `next_cursor` is null.

    `sort=top` and `sort=hot` show snapshots of at most 500 Dwipps, made at `as_of`. `top` ranks by upvotes. `hot`
    ranks the Dwipps of the last three days by `(upvotes + 1) / (age in hours + 2) ** 1.5`. The newest of equal Dwipps
    comes first. Texts and counts are current, the order is that of the snapshot. The snapshots of `hot` and of
    `period=day` are made every 5 minutes, of `week` every hour, of `month` and `all` every day, and all of them every
    5 minutes while there are fewer than 10,000 Dwipps. A cursor stays in its snapshot, and is valid until an hour after
    the next one.

    `since` is for clients that poll. The list has the Dwipps that are newer than this one. It repeats this one and
    those that are up to 30 seconds older, because a Dwipp can appear after newer ones. This loop shows each new Dwipp
    once, with `http` as an `httpx.Client`:

    ```python
    seen, since = set(), "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"  # The newest Dwipp that you know.
    while True:
        dwipps, query = [], {"since": since, "limit": 100}
        while query:
            page = http.get("/v1/dwipps", params=query).raise_for_status().json()
            dwipps += page["items"]
            query = page["next_cursor"] and query | {"cursor": page["next_cursor"]}
        for dwipp in reversed(dwipps):
            if dwipp["id"] not in seen:
                show(dwipp)
                seen.add(dwipp["id"])
        since = max(seen, default=since)
        time.sleep(5)
    ```
    """
    query = params.query
    if query.ranking:
        return params.with_next_link(feed.list_ranked(principal.id, query.ranking, query.page))
    if query.ids:
        return feed.list_by_ids(principal.id, query.dwipp_ids)
    if query.since:
        return params.with_next_link(feed.list_since(principal.id, query.since, query.page))
    return params.with_next_link(feed.list_recent(principal.id, query.page))


@router.post(
    "",
    summary="Create a Dwipp",
    status_code=201,
    responses=error_responses(*LIMITED_ACTIVE_MEMBER_ERRORS, *BODY_ERRORS, errors.IdempotencyKeyReusedError) | _CREATED,
)
@counted_as("DwippsWritten")
def create_dwipp(
    body: DwippDraft, member: ActiveMember, key: IdempotencyKey, writer: DwippWriter, limit: DwippLimit
) -> DwippView:
    """Create a Dwipp.

    With an `Idempotency-Key`, repeated requests within a day create one Dwipp. They return the first response again,
    with `Idempotent-Replayed: true`. Another text under the same key is refused.
    """
    try:
        with limit.count_write() as write:
            dwipp, is_replay = writer.create(member, key.value, body.text)
            write.has_changed = not is_replay
    except errors.RateLimitedError:
        # A replay creates nothing, so the limit does not apply to it.
        replay = writer.get_replay(member, key.value, body.text)
        if replay is None:
            raise
        dwipp, is_replay = replay, True
    return key.with_location(to_view(dwipp), is_replay=is_replay)


@router.get(
    "/random",
    summary="Read a random Dwipp",
    responses=error_responses(*PRINCIPAL_ERRORS, errors.DwippNotFoundError),
)
def read_random_dwipp(principal: CurrentPrincipal, feed: DwippFeed) -> DwippView:
    """Return a Dwipp from a random time.

    The server draws a moment between the oldest and the newest Dwipp, and returns the newest Dwipp at that moment. It
    skips Dwipps that you cannot see, up to about 500 in each direction. The response is 404 if it finds none.
    """
    return feed.get_random(principal.id)


# The path is no Dwipp, so it has none of the following operations. An empty list of methods matches all methods.
# FastAPI cannot derive an operation id from it.
@router.api_route("/random", methods=[], operation_id="refuse_method", include_in_schema=False)
async def refuse_method() -> None:
    """Refuse a request with a method other than GET."""
    raise HTTPException(METHOD_NOT_ALLOWED.status)


@router.get(
    "/{dwipp_id}",
    summary="Read a Dwipp",
    responses=error_responses(*PRINCIPAL_ERRORS, errors.DwippNotFoundError),
)
def read_dwipp(dwipp_id: DwippIdParam, principal: CurrentPrincipal, feed: DwippFeed) -> DwippView:
    """Return the current state of a Dwipp. Lists may lag behind by one second.

    If moderators removed it, only its author and moderators can read it.
    """
    return feed.get(principal.id, dwipp_id, is_moderator=principal.is_moderator)


@router.patch(
    "/{dwipp_id}",
    summary="Edit a Dwipp",
    responses=error_responses(
        *(*LIMITED_ACTIVE_MEMBER_ERRORS, *BODY_ERRORS),
        *(errors.DwippNotFoundError, errors.NotTheAuthorError, errors.RemovedError, errors.EditConflictError),
    )
    | _EDITED,
)
def edit_dwipp(
    dwipp_id: DwippIdParam,
    body: DwippEdit,
    member: ActiveMember,
    dwipps: Dwipps,
    reactions: Reactions,
    audiences: MemberAudiences,
    limit: ChangeLimit,
) -> DwippView:
    """Replace the text of your Dwipp. An edit to the same text changes nothing.

    Send the `version` that you read. The edit is then refused if the Dwipp was edited meanwhile, for example by you on
    another device.
    """
    with limit.count_write() as write, _hide_refusals(audiences, member.id):
        (dwipp, write.has_changed), reaction = run_concurrently(
            partial(dwipps.edit, member, dwipp_id, body.text, body.version),
            partial(reactions.get, member.id, dwipp_id),
        )
    return to_view(dwipp, reaction)


@router.delete(
    "/{dwipp_id}",
    summary="Delete a Dwipp",
    status_code=204,
    responses=error_responses(*LIMITED_MEMBER_ERRORS, errors.DwippNotFoundError, errors.NotTheAuthorError),
)
def delete_dwipp(
    dwipp_id: DwippIdParam,
    member: CurrentMember,
    deletion: Deletion,
    audiences: MemberAudiences,
    limit: ChangeLimit,
) -> None:
    """Delete your Dwipp, also if moderators removed it. Within a second it is missing from all lists.

    The response to a repeated delete is 404.
    """
    with limit.count_write(), _hide_refusals(audiences, member.id):
        deletion.delete(member, dwipp_id)
