"""The dependency through which routes get the objects that they use."""

from operator import attrgetter
from typing import Any

from fastapi import Depends, Request


class Provided:
    """A dependency on one object of the process's container (see `app/bootstrap/`).

    Args:
        name: the attribute of the container, or of one of its parts, such as `accounts.sessions`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._get = attrgetter(name)

    async def __call__(self, request: Request) -> Any:
        """Return the object for this request."""
        return self._get(request.app.state.container)


def provided(name: str) -> Any:
    """Return a FastAPI dependency on one object of the container.

    Each slice gives it a type in its `dependencies.py`: `DwippFeed = Annotated[Feed, provided("feed")]`. A test checks
    that the alias and the container agree on the type.
    """
    return Depends(Provided(name))
