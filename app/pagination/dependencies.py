"""The query parameters of a page, and the `Link` header to the next one."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema

from app.pagination.cursors import (
    CURSOR_DESCRIPTION,
    DEFAULT_LIMIT,
    LIMIT_DESCRIPTION,
    CursorText,
    Limit,
    Page,
    PageRequest,
)

SomePage = TypeVar("SomePage", bound=Page[Any])


@dataclass(frozen=True, slots=True)
class NextLink:
    """The `Link` header of a response, to the next page of the list that the request names."""

    request: Request
    response: Response

    def with_next_link(self, page: SomePage) -> SomePage:
        """Add a `Link` header to the next page (RFC 8288), and return the page.

        The link is relative to the requested path, because a proxy may change the host and the prefix.
        """
        if page.next_cursor:
            others = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
            query = urlencode([*others, ("cursor", page.next_cursor)])
            self.response.headers["Link"] = f'<?{query}>; rel="next"'
        return page


@dataclass(frozen=True, slots=True)
class _PageParams(NextLink):
    page: PageRequest


async def _page_params(
    request: Request,
    response: Response,
    limit: Annotated[Limit, Query(description=LIMIT_DESCRIPTION)] = DEFAULT_LIMIT,
    cursor: Annotated[CursorText | SkipJsonSchema[None], Query(description=CURSOR_DESCRIPTION)] = None,
) -> _PageParams:
    return _PageParams(request, response, PageRequest(limit, cursor))


PageParams = Annotated[_PageParams, Depends(_page_params)]
