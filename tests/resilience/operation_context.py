"""The context of a single operation: an API with members and two Dwipps, and its tables."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from testkit.api_client import Api, MemberClient
from testkit.engine import Engine
from tests.resilience.retrying_client import RetryingClient

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The API, its tables, its members Kay and Lee, and a moderator."""

    api: Api
    engine: Engine
    kay: MemberClient
    lee: MemberClient
    moderator: MemberClient

    @classmethod
    async def from_api(cls, api: Api) -> Self:
        """Create all members, a Dwipp by Kay and one by Lee, and Kay's reactions to both Dwipps."""
        engine = Engine(api.settings, api.endpoint, api.endpoint)
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        context = cls(api, engine, kay, lee, await api.create_moderator())
        for author in (context.kay, context.lee):
            path = await context.create_dwipp(author)
            for reaction in ("upvote", "favorite"):
                assert (await context.kay.http.put(f"{path}/{reaction}")).is_success
        return context

    async def create_dwipp(self, author: MemberClient) -> str:
        """Create a Dwipp, and return its path."""
        return f"/v1/dwipps/{(await author.post_dwipp(new_text()))['id']}"


# Carries out an operation with a retrying client, and then checks the result.
ClientOperation = Callable[[OperationContext, RetryingClient], Awaitable[None]]


def new_text() -> str:
    """Return a text that no other Dwipp has."""
    return f"Thought {next(_numbers)}"


def new_name() -> str:
    """Return a unique name, for a handle or for the local part of an email."""
    return f"newcomer_{next(_numbers)}"
