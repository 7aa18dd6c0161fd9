"""`/docs`, what it loads, and `/problems`: pages for people, open to everybody, of which the document says nothing.

What a page is made of is imported and read when somebody asks for it, so that no other cold start waits for it.
"""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

# All that a page loads and calls is the app's own; nothing is inline, and no page is in a frame of anybody's.
# https://www.w3.org/TR/CSP3/#csp-directives
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",  # Icons, in Swagger UI's own style too.
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"


def install(app: FastAPI) -> None:
    """Serve the pages, and what they load."""
    app.add_route("/docs", _read_docs, name="read_docs", include_in_schema=False)
    app.add_route("/docs/{name}", _read_file, name="read_file", include_in_schema=False)
    app.add_route("/problems", _read_problems, name="read_problems", include_in_schema=False)


def _read_docs(_: Request) -> Response:
    from app.pages import assets  # noqa: PLC0415 -- only who asks for a page waits for it; the same below

    return _page(assets.page("docs.html"))


def _read_problems(_: Request) -> Response:
    from app.pages import problems_page  # noqa: PLC0415

    return _page(problems_page.page())


def _read_file(request: Request) -> Response:
    from app.pages import assets  # noqa: PLC0415

    file = assets.loaded(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    is_known = request.query_params.get("v") == file.version
    headers = _HEADERS | {"Cache-Control": _FOR_GOOD if is_known else _ASK_EACH_TIME}
    return Response(file.content, headers=headers, media_type=file.media_type)


def _page(html: str) -> Response:
    headers = _HEADERS | {"Cache-Control": _ASK_EACH_TIME, "Content-Security-Policy": "; ".join(_POLICY)}
    return Response(html, headers=headers, media_type="text/html")
