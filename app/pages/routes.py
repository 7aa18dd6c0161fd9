"""`/docs`, its assets, and `/problems`: public pages outside of the OpenAPI document.

The modules and files of a page are loaded on its first request, so that they do not prolong other cold starts.
"""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

# Pages load and call only this server. Nothing is inline, and no site can frame a page.
# https://www.w3.org/TR/CSP3/#csp-directives
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",  # The icons, also those in Swagger UI's style sheet.
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
# API Gateway or a proxy may compress a response. A cache must not reuse such a response for a client that accepts no
# compression (RFC 9110, section 12.5.5).
_HEADERS = {"Referrer-Policy": "no-referrer", "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"


def add_pages(app: FastAPI) -> None:
    """Add the pages and their assets to an app."""
    app.add_route("/docs", _read_docs, name="read_docs", include_in_schema=False)
    app.add_route("/docs/{name}", _read_file, name="read_file", include_in_schema=False)
    app.add_route("/problems", _read_problems, name="read_problems", include_in_schema=False)


def _read_docs(_: Request) -> Response:
    from app.pages import assets  # noqa: PLC0415 -- see the module's docstring

    return _page_response(assets.load_page("docs.html"))


def _read_problems(_: Request) -> Response:
    from app.pages import problems_page  # noqa: PLC0415 -- see the module's docstring

    return _page_response(problems_page.render())


def _read_file(request: Request) -> Response:
    from app.pages import assets  # noqa: PLC0415 -- see the module's docstring

    asset = assets.load_asset(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    is_current = request.query_params.get("v") == asset.version
    headers = _HEADERS | {"Cache-Control": _IMMUTABLE if is_current else _REVALIDATE}
    return Response(asset.content, headers=headers, media_type=asset.media_type)


def _page_response(html: str) -> Response:
    policy = "; ".join(_CONTENT_SECURITY_POLICY)
    headers = _HEADERS | {"Cache-Control": _REVALIDATE, "Content-Security-Policy": policy}
    return Response(html, headers=headers, media_type="text/html")
