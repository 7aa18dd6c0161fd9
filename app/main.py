"""The app. Importing this module reads no environment and makes no call."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, Literal

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from app import __version__
from app.aws.concurrency import MAX_CONCURRENT_REQUESTS
from app.bootstrap import Container
from app.observability import json_logging
from app.observability.access_log import AccessLog
from app.openapi.formats import bounded
from app.pages.routes import add_pages
from app.settings import Settings
from app.slices import Slice, import_slices
from app.web.exception_handlers import register_exception_handlers
from app.web.middleware import HeadMiddleware, OpenCorsMiddleware, RequestIdMiddleware, RequestLimitsMiddleware

# The first match wins. `moderation` matches all paths below its prefix.
_SLICES = (
    ("app.dwipps.router", r"/v1/dwipps(/[^/]+)?"),
    ("app.dwipps.reactions_router", r"/v1/dwipps/[^/]+/(upvote|favorite)"),
    ("app.me.router", r"/v1/me(/.+)?"),
    ("app.members.router", r"/v1/users/[^/]+"),
    ("app.dwipps.authors_router", r"/v1/users/[^/]+/dwipps"),
    ("app.accounts.router", r"/v1/auth/.+"),
    ("app.safety.router", r"/v1/me/blocks|/v1/users/[^/]+/block"),
    ("app.safety.reports_router", r"/v1/dwipps/[^/]+/report"),
    ("app.moderation.cases_router", r"/v1/moderation/cases(/.+)?"),
    ("app.moderation.router", r"/v1/moderation/.*"),
)
_DESCRIPTION = """
**Register**, confirm the account by the code from the mail, and **log in**. Then send the access token as
`Authorization: Bearer …`. On this page, *Authorize* logs in.

Every error is a problem document (RFC 9457). The page of [problems](problems) explains each type.

Limits bound how many writes of a kind a member may make in an hour and in a day of UTC. `RateLimit-Policy` has your
limits, and `RateLimit` the writes that remain. A request that changes nothing does not count.
"""
_TAGS = [
    # First, because the others need a login.
    {"name": "auth", "description": "Registration, sessions and passwords."},
    {"name": "dwipps", "description": "Shower thoughts, of all members or of one."},
    {"name": "reactions", "description": "Upvotes, whose number is public, and favorites, which are private."},
    {"name": "members", "description": "Profiles, and your own account."},
    {"name": "safety", "description": "Reports to the moderators, and members whom you block."},
    {"name": "moderation", "description": "The work of the moderators: cases, decisions, suspensions and their log."},
    {"name": "service", "description": "The service itself."},
]


class Health(BaseModel):
    """The state and the version of the service."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok", "version": __version__}]})

    status: Literal["ok"]
    version: Annotated[str, bounded(20)]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return an app.

    Args:
        settings: None to read them from the environment when the app starts.

    Raises:
        MisconfiguredError: when the app starts, if a setting is missing or invalid.
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
        root_path_in_servers=False,
        generate_unique_id_function=lambda route: route.name,
    )
    # The last one is the outermost. So the log has the responses of all others, and each response has an id.
    app.add_middleware(RequestLimitsMiddleware)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(OpenCorsMiddleware)
    app.add_middleware(AccessLog)
    app.add_middleware(RequestIdMiddleware)
    register_exception_handlers(app)
    app.router.routes += [Slice(module, paths) for module, paths in _SLICES]
    app.add_api_route("/health", _health, summary="Check that the service is up", tags=["service"], name="read_health")
    app.add_api_route("/", _root, include_in_schema=False)
    add_pages(app)
    app.openapi = partial(_openapi_document, app)  # type: ignore[method-assign]
    if settings:
        configure(app, settings)
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give an app its settings and its container. This makes no call."""
    logging.getLogger("app").setLevel(settings.log_level)
    app.state.container = Container(settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    if not hasattr(app.state, "container"):
        settings = Settings.from_environment(os.environ)
        if settings.log_format == "json":
            json_logging.install(settings.stage)
        else:
            from app.observability import text_logging  # noqa: PLC0415 -- the Lambda function never logs text

            text_logging.install(settings.log_level)
        configure(app, settings)
    import_slices(app)
    current_default_thread_limiter().total_tokens = MAX_CONCURRENT_REQUESTS
    yield


def _openapi_document(app: FastAPI) -> dict[str, Any]:
    from app.openapi.document import openapi_document  # noqa: PLC0415 -- few processes serve the document

    return openapi_document(app)


async def _health() -> Health:
    """Report liveness only: this does not check the services that the API depends on."""
    return Health(status="ok", version=__version__)


async def _root(request: Request) -> Any:
    """Redirect to the docs page, relative to the requested path. The path of a stage may lack the slash at its end."""
    *_, last_segment = request.scope.get("aws.path", "/").split("/")
    return RedirectResponse(f"{last_segment}/docs" if last_segment else "docs", status_code=302)


app = create_app()
