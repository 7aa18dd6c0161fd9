"""The query parameters of a page, and the `Link` header to the next one."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.pagination.cursors import Page, PageRequest


def _refuse_other_digits(number: Any) -> Any:
    """Refuse texts that pydantic reads as whole numbers although they are not digits only, such as `1_0`."""
    if isinstance(number, str) and not re.fullmatch("[0-9]+", number):
        raise PydanticCustomError("digits", "Write a whole number with the digits 0 to 9 only.")
    return number


# The constraints come first: after a validator, pydantic would not write them into the JSON Schema.
_Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_refuse_other_digits)]
SomePage = TypeVar("SomePage", bound=Page[Any])


@dataclass(frozen=True, slots=True)
class _PageParams:
    page: PageRequest
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


async def _page_params(
    request: Request,
    response: Response,
    limit: Annotated[_Limit, Query(description="The maximum number of items.")] = 20,
    cursor: Annotated[str | SkipJsonSchema[None], Query(description="The `next_cursor` of the previous page.")] = None,
) -> _PageParams:
    return _PageParams(PageRequest(limit, cursor), request, response)


PageParams = Annotated[_PageParams, Depends(_page_params)]
