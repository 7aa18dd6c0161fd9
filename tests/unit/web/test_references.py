"""References in responses are relative, so they lead back to this API behind any proxy.

They are resolved against the URL that the client requested, as clients do (RFC 3986, section 5.2).
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

from app.api_gateway import make_handler
from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.dwipps.schemas import DwippPage
from app.openapi.headers import HEADERS
from app.pagination.cursors import encode_cursor
from testkit.doubles import SETTINGS, RecordingFeed, make_offline_app, send_request
from testkit.forged_tokens import make_token, make_valid_claims, public_keys
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from tests.unit.pages.page_markup import PageMarkup

HOST = "https://dwipper.test"
TRANSPORTS = ("uvicorn", *GATEWAY_KINDS)
PAGES = ("/docs", "/problems")

# The prefix in the URL of the client, and the prefix in the request that reaches the gateway or the server. For uvicorn
# the second one is its `--root-path`.
PROXIES = [
    pytest.param("", "", id="no prefix"),
    pytest.param("/dev", "/dev", id="stage"),
    pytest.param("/of/the/shower", "/of/the/shower", id="base path with several segments"),
    pytest.param("", "/dev", id="proxy adds the stage"),
    pytest.param("", "/of/the/shower", id="proxy adds a base path"),
    pytest.param("/api", "", id="proxy strips a prefix"),
    pytest.param("/api/v1", "", id="proxy strips a prefix with v1"),
    pytest.param("/docs", "", id="proxy strips a prefix named docs"),
    pytest.param("/api", "/dev", id="proxy replaces a prefix"),
]


class RootPath:
    """An ASGI app below a root path, as `uvicorn --root-path` serves it."""

    def __init__(self, app: FastAPI, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = self._root_path + scope["path"]
        await self._app({**scope, "root_path": self._root_path, "path": path}, receive, send)


@dataclass(frozen=True)
class ProxiedClient:
    """A client that is logged in, behind a proxy.

    Attributes:
        app: the app.
        transport: `uvicorn`, or a kind of API Gateway.
        prefix: the prefix in the URL of the client.
        inner_prefix: the prefix behind the proxy.
    """

    app: FastAPI
    transport: Any
    prefix: str
    inner_prefix: str

    @property
    def root(self) -> str:
        """Return the URL of the API, without a slash at its end."""
        return HOST + self.prefix

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request to the URL of the client, which has the prefix."""
        assert url.startswith(f"{self.root}/"), f"{url} is not below {self.root}"
        path = url.removeprefix(self.root)
        if self.transport == "uvicorn":
            headers = {"Authorization": f"Bearer {make_token()}"}
            app: Any = RootPath(self.app, self.inner_prefix)
            return asyncio.run(send_request(app, method, path, headers=headers, **options))
        request = httpx.Request(method, f"{HOST}{self.inner_prefix}{path}", **options)
        kind: GatewayKind = self.transport
        event = make_event(request, kind, make_valid_claims(), prefix=self.inner_prefix, stage="dev")
        return to_response(make_handler(self.app)(event, None))


@pytest.fixture(scope="module")
def app_and_feed() -> tuple[FastAPI, RecordingFeed]:
    return make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))


@pytest.fixture(params=TRANSPORTS)
def client(
    app_and_feed: tuple[FastAPI, RecordingFeed], prefix: str, inner_prefix: str, request: pytest.FixtureRequest
) -> ProxiedClient:
    return ProxiedClient(app_and_feed[0], request.param, prefix, inner_prefix)


def _walk(client: ProxiedClient, url: str) -> Iterator[str]:
    """Yield the URL of each page of a list, as the `Link` headers name them."""
    for _ in range(10):
        yield url
        response = client.send("GET", url)
        assert response.status_code == 200
        assert ("link" in response.headers) is (response.json()["next_cursor"] is not None)
        if "link" not in response.headers:
            return
        match = re.fullmatch(r'<([^>]*)>; rel="next"', response.headers["link"])
        assert match
        url = urljoin(url, match[1])
    pytest.fail("the links lead to no end")


@pytest.mark.parametrize(("prefix", "inner_prefix"), PROXIES)
class TestReferences:
    def test_next_links_lead_to_the_end_of_the_list(
        self, client: ProxiedClient, app_and_feed: tuple[FastAPI, RecordingFeed], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cursors = [encode_cursor("feed", name) for name in "abc"]
        pages = (DwippPage(items=[], next_cursor=cursor) for cursor in [*cursors, None])
        monkeypatch.setattr(app_and_feed[1], "respond", lambda: next(pages))
        url = f"{client.root}/v1/dwipps"
        assert list(_walk(client, f"{url}?limit=5&x=%C3%A9%26")) == [
            f"{url}?limit=5&x=%C3%A9%26",
            *(f"{url}?limit=5&x=%C3%A9%26&cursor={cursor}" for cursor in cursors),
        ]

    def test_location_is_the_url_in_the_api(self, client: ProxiedClient) -> None:
        url = f"{client.root}/v1/dwipps"
        response = client.send("POST", url, json={"text": "Hm."})
        assert response.status_code == 201
        assert urljoin(url, response.headers["location"]) == f"{url}/{response.json()['id']}"

    def test_root_redirects_to_the_docs_page(self, client: ProxiedClient) -> None:
        response = client.send("GET", f"{client.root}/")
        assert response.status_code == 302
        docs_url = urljoin(f"{client.root}/", response.headers["location"])
        assert docs_url == f"{client.root}/docs"
        assert "<title>" in client.send("GET", docs_url).text

    @pytest.mark.parametrize("page", PAGES)
    def test_references_in_pages_exist(self, page: str, client: ProxiedClient) -> None:
        url = f"{client.root}{page}"
        references = PageMarkup(client.send("GET", url).text).followed_references
        assert references
        assert {client.send("GET", urljoin(url, reference)).status_code for reference in references} == {200}

    def test_server_in_the_document_has_all_operations(self, client: ProxiedClient) -> None:
        document_url = f"{client.root}/openapi.json"
        document = client.send("GET", document_url).json()
        (server,) = document["servers"]
        # A client joins the URL of a server and a path with one slash.
        server_url = urljoin(document_url, server["url"]).rstrip("/")
        assert server_url == client.root
        for path in document["paths"]:
            # No operation has this method, so an existing path is 405, and no call is made. Only moderators learn which
            # paths exist below /v1/moderation/.
            expected = 403 if path.startswith("/v1/moderation/") else 405
            assert client.send("TRACE", server_url + path).status_code == expected

    def test_headers_name_no_prefix(self, client: ProxiedClient) -> None:
        """The app cannot know the client's prefix, and the client does not know the one behind the proxy."""
        url = f"{client.root}/v1/dwipps"
        responses = [
            client.send("GET", f"{client.root}/"),
            client.send("POST", url, json={"text": "Hm."}),
            client.send("PUT", url),
            client.send("GET", f"{client.root}/nothing"),
        ]
        assert [response.status_code for response in responses] == [302, 201, 405, 404]
        values = [value for response in responses for value in response.headers.values()]
        prefixes = {client.prefix, client.inner_prefix} - {""}
        assert not [value for value in values for prefix in prefixes if f"{prefix}/" in value]


def test_documented_references_are_relative() -> None:
    assert HEADERS["Location"]["example"].startswith("dwipps/")
    assert HEADERS["Link"]["example"].startswith("<?")
