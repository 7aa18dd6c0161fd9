"""How HTTP asks for a Dwipp to be written once, and how it says where the Dwipp is."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic.json_schema import SkipJsonSchema

from app.dwipps.schemas import DwippView

_NAME = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class _Creation:
    """The request to write a Dwipp, less the Dwipp, and its answer."""

    key: str | None
    request: Request
    response: Response

    def announced(self, dwipp: DwippView, *, replayed: bool) -> DwippView:
        """The Dwipp, with headers that say where it is, and whether it was written by an earlier request."""
        self.response.headers["Location"] = f"{self.request.scope.get('root_path', '')}/v1/dwipps/{dwipp.id}"
        if replayed:
            self.response.headers["Idempotent-Replayed"] = "true"
        return dwipp


async def _creation(
    request: Request,
    response: Response,
    _documented: Annotated[
        str | SkipJsonSchema[None],
        Header(
            alias=_NAME,
            description="1 to 255 visible ASCII characters, such as a UUID. Within 24 hours, the same key and text give"
            " the first answer again, even if the Dwipp was edited or deleted since.",
            examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
            json_schema_extra={"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        ),
    ] = None,
) -> _Creation:
    # Read as a whole: API Gateway joins several headers of one name, and uvicorn does not. (HTTP API does it without a
    # blank, payload 2.0, so there two keys are one with a comma in it.)
    keys = request.headers.getlist(_NAME)
    key = ", ".join(keys)
    if keys and not _KEY.fullmatch(key):
        flaw = {"type": "idempotency_key", "loc": ("header", _NAME), "msg": "It is 1 to 255 visible ASCII characters."}
        raise RequestValidationError([flaw])
    return _Creation(key or None, request, response)


Creation = Annotated[_Creation, Depends(_creation)]
