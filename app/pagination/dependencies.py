"""The query parameters of a page, and the `Link` header to the next one."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema

from app.pagination.cursors import Page, PageRequest

SomePage = TypeVar("SomePage", bound=Page[Any])


@dataclass(frozen=True, slots=True)
class _PageParams:
    page: PageRequest
    request: Request
    response: Response

    def with_next_link(self, page: SomePage) -> SomePage:
        """Add a `Link` header to the next page (RFC 8288), and return the page.

        The link is relative to the host, because a proxy may have changed the host.
        """
        if page.next_cursor:
            query = urlencode({**self.request.query_params, "cursor": page.next_cursor})
            self.response.headers["Link"] = f'<{quote(self.request.scope["path"])}?{query}>; rel="next"'
        return page


async def _page_params(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=100, description="The maximum number of items.")] = 20,
    cursor: Annotated[str | SkipJsonSchema[None], Query(description="The `next_cursor` of the previous page.")] = None,
) -> _PageParams:
    return _PageParams(PageRequest(limit, cursor), request, response)


PageParams = Annotated[_PageParams, Depends(_page_params)]
