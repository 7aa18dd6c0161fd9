"""The rows that the measured operations find. Texts, handles and blocks have their maximum sizes."""

from typing import Any
from uuid import UUID

from app.aws.timestamps import now, to_text
from app.members.blocks import MAX_BLOCKS
from testkit.api_client import MemberClient
from testkit.engine import Engine

TEXT = "The word 'short' is longer than the word 'long'. ".ljust(280, "!")
MAX_LENGTH_HANDLE = "a_handle_of_20_chars"
PAGE_SIZE = 20
FAVORITES_BETWEEN = 100  # The number of favorites between the upvotes of a page.


def make_dwipp_row(dwipp_id: str) -> dict[str, Any]:
    """Return a Dwipp of another member."""
    values = {"author_handle": "everybody_else_here_", "feed_shard": 0, "text": TEXT, "version": 1, "upvotes": 1}
    return {"dwipp_id": dwipp_id, **values}


def make_reaction_row(member_id: str, dwipp_id: str, attribute: str = "upvoted_at") -> dict[str, Any]:
    """Return a reaction of a member, by default an upvote."""
    return {"member_id": member_id, "dwipp_id": dwipp_id, attribute: to_text(now())}


async def write_upvotes_and_favorites(engine: Engine, author: MemberClient, voter: MemberClient) -> None:
    """Write the voter's upvotes of all Dwipps by the author, and favorites of Dwipps by others between them."""
    voter_id = (await voter.get("/v1/me"))["id"]
    upvoted = [item["id"] for item in await author.list_all("/v1/me/dwipps", 100)]
    count = FAVORITES_BETWEEN // PAGE_SIZE
    favorites = [str(UUID(int=UUID(dwipp_id).int + number + 1)) for dwipp_id in upvoted for number in range(count)]
    rows = [make_reaction_row(voter_id, dwipp_id) for dwipp_id in upvoted]
    rows += [make_reaction_row(voter_id, dwipp_id, "favorited_at") for dwipp_id in favorites]
    engine.write_rows(engine.settings.reactions_table, rows)


async def write_blocks(engine: Engine, member: MemberClient, count: int = MAX_BLOCKS) -> None:
    """Let the member block others, whose handles have the maximum length. None of the others wrote a Dwipp."""
    member_id = (await member.get("/v1/me"))["id"]
    handles = {f"blocked_member_{number:05}" for number in range(count)}
    engine.write_rows(engine.settings.members_table, [{"pk": f"blocks#{member_id}", "handles": handles}])
