"""The dependencies of routes on Dwipps, the parameters of the list, and the Idempotency-Key of a create."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator
from pydantic.json_schema import SkipJsonSchema

from app.cases.reports import ReportRepository
from app.dwipps.deletion import DwippDeletion
from app.dwipps.feed import Feed
from app.dwipps.idempotency import IdempotentWriter
from app.dwipps.listing_query import ListingQuery
from app.dwipps.reaction_writer import ReactionWriter
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippView
from app.openapi import examples
from app.openapi.formats import lower_ascii
from app.pagination.dependencies import NextLink
from app.web.dependencies import provided

Deletion = Annotated[DwippDeletion, provided("dwipp_deletion")]
DwippFeed = Annotated[Feed, provided("feed")]
Dwipps = Annotated[DwippRepository, provided("dwipps")]
DwippWriter = Annotated[IdempotentWriter, provided("writer")]
Reactions = Annotated[ReactionRepository, provided("reactions")]
Reports = Annotated[ReportRepository, provided("reports")]
ReactionChanges = Annotated[ReactionWriter, provided("reaction_writer")]


def _dwipp_id_path(example: str) -> Any:
    return Path(description="The `id` of a Dwipp. Case-insensitive.", examples=[example])


DwippIdParam = Annotated[str, AfterValidator(lower_ascii), _dwipp_id_path(examples.DWIPP_ID)]
# The example is no Dwipp of the demo member, because members cannot report their own Dwipps.
OthersDwippIdParam = Annotated[str, AfterValidator(lower_ascii), _dwipp_id_path(examples.OTHERS_DWIPP_ID)]


@dataclass(frozen=True, slots=True)
class _ListingParams(NextLink):
    query: ListingQuery


async def _listing_params(
    request: Request, response: Response, query: Annotated[ListingQuery, Query()]
) -> _ListingParams:
    names = [name for name, _ in request.query_params.multi_items()]
    if conflicts := list(query.find_conflicts(names)):
        raise RequestValidationError(
            [{"type": "parameter_conflict", "loc": ("query", name), "msg": detail} for name, detail in conflicts]
        )
    return _ListingParams(request, response, query)


ListingParams = Annotated[_ListingParams, Depends(_listing_params)]

_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class _IdempotencyKey:
    value: str | None
    response: Response

    def with_location(self, dwipp: DwippView, *, is_replay: bool) -> DwippView:
        """Add the headers of a create, and return the Dwipp.

        Args:
            dwipp: the created Dwipp.
            is_replay: whether an earlier request created it.
        """
        # Relative to the path of the list (RFC 9110, section 10.2.2), because a proxy may add or strip a prefix.
        self.response.headers["Location"] = f"dwipps/{dwipp.id}"
        if is_replay:
            self.response.headers["Idempotent-Replayed"] = "true"
        return dwipp


async def _idempotency_key(
    request: Request,
    response: Response,
    _documented: Annotated[
        str | SkipJsonSchema[None],
        Header(
            alias=_HEADER,
            description="1 to 255 visible ASCII characters, such as a UUID. For 24 hours, the same key and text return"
            " the first response again, even if the Dwipp was edited or deleted since.",
            examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
            json_schema_extra={"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        ),
    ] = None,
) -> _IdempotencyKey:
    # API Gateway joins repeated headers with a comma and a blank, uvicorn does not. Joining them here makes both
    # respond alike. (HTTP API with payload 2.0 joins without a blank, so two keys are one key with a comma there.)
    keys = request.headers.getlist(_HEADER)
    key = ", ".join(keys)
    if keys and not _KEY.fullmatch(key):
        message = "The key must have 1 to 255 visible ASCII characters."
        raise RequestValidationError([{"type": "idempotency_key", "loc": ("header", _HEADER), "msg": message}])
    return _IdempotencyKey(key or None, response)


IdempotencyKey = Annotated[_IdempotencyKey, Depends(_idempotency_key)]
