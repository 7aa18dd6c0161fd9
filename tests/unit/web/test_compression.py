"""API Gateway can compress each response: the app sends text, without an encoding, and without a validator of bytes."""

from typing import Any

import httpx
import pytest
from fastapi import Response

from app.api_gateway import Handler, make_handler
from testkit.doubles import make_offline_app
from testkit.gateway import make_event, to_response
from testkit.gateway_compression import compress

_MINIMUM_SIZE = 1400  # As in serverless.yml.
_SMALL_PATHS = ("/", "/docs", "/health", "/missing", "/v1/me")
_LARGE_PATHS = (
    *("/problems", "/openapi.json", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/docs_links.js"),
    "/text",
)
# Headers that differ between any two responses, or that compression changes.
_VARYING_HEADERS = {"content-encoding", "content-length", "x-request-id"}


@pytest.fixture(scope="module")
def handler() -> Handler:
    app, _ = make_offline_app()

    async def read_text() -> Response:
        return Response("🦆" * 400, media_type="text/plain")

    app.add_api_route("/text", read_text, include_in_schema=False)
    return make_handler(app)


def _invoke(handler: Handler, path: str, method: str = "GET", accept_encoding: str = "identity") -> dict[str, Any]:
    headers = {"Accept-Encoding": accept_encoding}
    return handler(make_event(httpx.Request(method, f"https://dwipper.test{path}", headers=headers), "rest"), None)


def _get_headers(response: httpx.Response) -> list[tuple[str, str]]:
    return [(name, value) for name, value in response.headers.multi_items() if name not in _VARYING_HEADERS]


@pytest.mark.parametrize("path", [*_SMALL_PATHS, *_LARGE_PATHS])
def test_response_is_text_without_an_encoding_or_a_validator(path: str, handler: Handler) -> None:
    """A strong ETag or a range would name the bytes before the compression (RFC 9110, section 8.8.1)."""
    result = _invoke(handler, path, accept_encoding="gzip")
    assert result["isBase64Encoded"] is False
    assert to_response(result).headers.keys().isdisjoint({"accept-ranges", "content-encoding", "etag"})
    assert result["body"] == _invoke(handler, path)["body"] or path in ("/missing", "/v1/me")  # These have an id.


@pytest.mark.parametrize("path", _LARGE_PATHS)
@pytest.mark.parametrize("accepted", ["gzip", "deflate", "gzip, deflate, br, zstd"])
def test_compressed_response_has_the_same_content(accepted: str, path: str, handler: Handler) -> None:
    plain = to_response(_invoke(handler, path))
    response = compress(_invoke(handler, path, accept_encoding=accepted), accepted, _MINIMUM_SIZE)
    assert response.headers["content-encoding"] in accepted
    assert int(response.headers["content-length"]) < len(plain.content)
    assert response.content == plain.content
    assert (response.status_code, _get_headers(response)) == (plain.status_code, _get_headers(plain))


@pytest.mark.parametrize("path", [*_SMALL_PATHS, *_LARGE_PATHS])
def test_head_has_no_content_to_compress(path: str, handler: Handler) -> None:
    result = _invoke(handler, path, "HEAD", "gzip")
    response = compress(result, "gzip", _MINIMUM_SIZE)
    assert (result["body"], result["isBase64Encoded"]) == ("", False)
    assert (response.content, "content-encoding" in response.headers) == (b"", False)
    assert _get_headers(response) == _get_headers(to_response(_invoke(handler, path)))


@pytest.mark.parametrize("accepted", ["", "*", "br", "identity"])
def test_client_that_accepts_no_compression_gets_plain_text(accepted: str, handler: Handler) -> None:
    response = compress(_invoke(handler, "/openapi.json", accept_encoding=accepted), accepted, _MINIMUM_SIZE)
    assert "content-encoding" not in response.headers
    assert response.json()["openapi"]


@pytest.mark.parametrize("path", ["/docs", "/problems", "/docs/swagger-ui-bundle.js", "/docs/docs.js"])
def test_cacheable_response_varies_by_the_accepted_encoding(path: str, handler: Handler) -> None:
    assert "Accept-Encoding" in to_response(_invoke(handler, path)).headers["vary"].split(", ")
