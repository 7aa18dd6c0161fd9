"""How HTTP asks for a page, and how an answer links to the next one."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema

from app.pagination.cursors import Page, PageRequest

SomePage = TypeVar("SomePage", bound=Page[Any])


@dataclass(frozen=True, slots=True)
class _Listing:
    """The request for a page of a list, and its answer."""

    page: PageRequest
    request: Request
    response: Response

    def linked(self, page: SomePage) -> SomePage:
        """The page, with the next one named in a `Link` header too (RFC 8288).

        The link is relative to the host, which a proxy may have changed.
        """
        if page.next_cursor:
            query = urlencode({**self.request.query_params, "cursor": page.next_cursor})
            self.response.headers["Link"] = f'<{quote(self.request.scope["path"])}?{query}>; rel="next"'
        return page


async def _listing(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=100, description="How many items at most.")] = 20,
    cursor: Annotated[str | SkipJsonSchema[None], Query(description="The `next_cursor` of the page before.")] = None,
) -> _Listing:
    return _Listing(PageRequest(limit, cursor), request, response)


Listing = Annotated[_Listing, Depends(_listing)]
