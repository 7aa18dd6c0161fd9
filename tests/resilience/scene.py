"""Where single wishes are made: two members, a few Dwipps, and a look into the tables."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from testkit.api_client import Api, MemberClient
from testkit.engine import Engine
from tests.resilience.retrying_client import Client

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """Kay, who wishes, and Lee, who wrote what she reacts to."""

    api: Api
    engine: Engine
    kay: MemberClient
    lee: MemberClient

    @classmethod
    async def of(cls, api: Api) -> Self:
        """A scene in a api where nobody has been before."""
        engine = Engine(api.settings, api.endpoint, api.endpoint)
        scene = cls(api, engine, await api.member("kay"), await api.member("lee"))
        for author in (scene.kay, scene.lee):
            path = await scene.dwipp(author)
            for reaction in ("upvote", "favorite"):
                assert (await scene.kay.http.put(f"{path}/{reaction}")).is_success
        return scene

    async def dwipp(self, author: MemberClient) -> str:
        """The path of another Dwipp."""
        return f"/v1/dwipps/{(await author.post_dwipp(new_text()))['id']}"


# What a client wants: it is asked for, repeated if need be, and what has to be so afterwards is looked up.
Wish = Callable[[Scene, Client], Awaitable[None]]


def new_text() -> str:
    """A text that no other Dwipp has."""
    return f"Thought {next(_numbers)}"


def new_name() -> str:
    """A name that nobody else has: a handle, and what an email begins with."""
    return f"newcomer_{next(_numbers)}"
