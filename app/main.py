"""The app. Importing this reads no environment and touches no network."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app import __version__
from app.accounts.router import router as accounts
from app.aws.clients import REQUESTS_AT_ONCE
from app.bootstrap import Services
from app.dwipps.reactions_router import router as reactions
from app.dwipps.router import router as dwipps
from app.members.router import router as members
from app.observability import json_logging
from app.observability.access_log import AccessLog
from app.openapi.document import document
from app.pages import routes as pages
from app.settings import Settings
from app.web import problems
from app.web.middleware import Cors, Guard, RequestId

_DESCRIPTION = """
A social network for shower thoughts. **Register**, confirm the code that is mailed, **log in**, and send the access
token as `Authorization: Bearer …`. The *Authorize* button does it for this page: your email is the `username`.

Every error is an `application/problem+json` (RFC 9457); each `type` is explained on the page of [problems](problems).
API Gateway renames the header `WWW-Authenticate` of a 401 to `x-amzn-Remapped-WWW-Authenticate`. A sign-out ends
refresh tokens at once; an access token lives on until it expires, 15 minutes after it was made at most.
"""
_TAGS = [
    {"name": "dwipps", "description": "Shower thoughts: everybody's, newest first."},
    {
        "name": "reactions",
        "description": "Upvotes, which all can count, and favorites, which nobody else sees.",
    },
    {"name": "members", "description": "Who writes, and what is theirs."},
    {"name": "auth", "description": "The way to an account, and to a session."},
    {"name": "service", "description": "About the service itself."},
]


class Health(BaseModel):
    """That the service is up, and which version of it."""

    status: str
    version: str


def create_app(settings: Settings | None = None) -> FastAPI:
    """An app for these settings, or for those that the environment has when it starts.

    Raises:
        MisconfiguredError: at start, if settings are missing.
    """
    app = FastAPI(
        title="Dwipper",
        version=__version__,
        summary="The backend of a social network for shower thoughts.",
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    # Added last is outermost: CORS sees what the guard answers, the log what CORS answers, and all of it has an id.
    app.add_middleware(Guard)
    app.add_middleware(Cors)
    app.add_middleware(AccessLog)
    app.add_middleware(RequestId)
    problems.install(app)
    for router in (dwipps, reactions, members, accounts):
        app.include_router(router)
    app.add_api_route("/health", _health, tags=["service"], name="read_health")
    app.add_api_route("/", _root, include_in_schema=False)
    pages.install(app)
    app.openapi = partial(document, app, app.openapi)  # type: ignore[method-assign]
    if settings:
        configure(app, settings)
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give an app its settings; nothing is called yet."""
    logging.getLogger("app").setLevel(settings.log_level)
    app.state.services = Services.of(settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    if not hasattr(app.state, "services"):
        settings = Settings.from_environment(os.environ)
        if settings.log_format == "json":
            json_logging.install(settings.stage)
        configure(app, settings)
    current_default_thread_limiter().total_tokens = REQUESTS_AT_ONCE
    yield


async def _health() -> Health:
    """Whether the service is up.

    It asks nothing of anybody: what it stands on, every other operation tells.
    """
    return Health(status="ok", version=__version__)


async def _root(request: Request) -> Any:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs", status_code=302)


app = create_app()
