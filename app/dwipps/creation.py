"""How HTTP asks for a Dwipp to be written once, and how it says where the Dwipp is."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError

from app.dwipps.schemas import DwippView

_NAME = "Idempotency-Key"


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
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[!-~]+$",
            description="1 to 255 visible ASCII characters, such as a UUID. Within 24 hours, the same key and text give"
            " the first answer again.",
        ),
    ] = None,
) -> _Creation:
    if len(request.headers.getlist(_NAME)) > 1:
        flaw = {"type": "repeated", "loc": ("header", _NAME), "msg": "There may be one Idempotency-Key."}
        raise RequestValidationError([flaw])
    return _Creation(idempotency_key, request, response)


Creation = Annotated[_Creation, Depends(_creation)]
