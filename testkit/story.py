"""Stories: told over both transports with the same assertions, and then held against each other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from app.settings import Settings
from devstack.process import Service
from testkit.api_client import Transport, World, world
from testkit.transcript import Transcript

Story = Callable[[World], Awaitable[None]]

TRANSPORTS: tuple[Transport, ...] = ("uvicorn", "rest")


class Told(Protocol):
    """The test of a story, which has the story too, for whoever tells it elsewhere."""

    tell: Story
    is_inside: bool

    def __call__(self, embedded: Service, new_settings: Callable[[], Settings]) -> None:
        """Tell it over both transports."""


def story(tell: Story) -> Told:
    """Make a test of a story.

    It is told to the app as uvicorn serves it, with bearer tokens, and to the Lambda handler, with API Gateway's
    events; every answer of one telling has to be that of the other.
    """

    def test(embedded: Service, new_settings: Callable[[], Settings]) -> None:
        tellings = [asyncio.run(_told(tell, new_settings(), embedded.endpoint, each)) for each in TRANSPORTS]
        assert all(tellings), "a story asks something"
        for exchanges in zip(*tellings, strict=True):
            assert len(set(map(repr, exchanges))) == 1, "\n".join(map(repr, exchanges))

    test.__name__ = tell.__name__
    test.__doc__ = tell.__doc__
    test.__module__ = tell.__module__
    told = cast("Told", test)
    told.tell, told.is_inside = tell, False
    return told


def inside(tell: Story) -> Told:
    """Make a test of a story that changes the app itself, so that it cannot be told of one that is deployed."""
    told = story(tell)
    told.is_inside = True
    return told


async def _told(tell: Story, settings: Settings, endpoint: str, transport: Transport, **options: Any) -> Transcript:
    async with world(settings, endpoint, transport, **options) as telling:
        try:
            await tell(telling)
        except BaseException as error:
            error.add_note(f"told over: {transport}")
            raise
        return telling.transcript
