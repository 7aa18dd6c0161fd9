"""Each exception becomes a problem document, without messages from other services or from Python."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from fastapi import FastAPI

from app import errors
from app.dwipps.schemas import DwippDraft
from app.pagination.dependencies import PageParams
from app.web import problems
from testkit.doubles import make_error, make_offline_app, send_request

SECRET = "arn:aws:dynamodb:eu-central-1:123456789012:table/members"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = make_offline_app()
    app.state.error = None

    def fail() -> None:
        raise app.state.error

    def write(draft: DwippDraft) -> None:
        """Require the body of `POST /v1/dwipps`, but no token."""

    def read_list(params: PageParams) -> int:
        """Accept the parameters of `GET /v1/dwipps`, without a token."""
        return params.page.limit

    app.add_api_route("/list", read_list, include_in_schema=False)
    app.add_api_route("/fail", fail, include_in_schema=False)
    app.add_api_route("/v1/fail", fail, include_in_schema=False)
    app.add_api_route("/write", write, methods=["POST"], status_code=204, include_in_schema=False)
    return app


@pytest.fixture
def raise_in_route(app: FastAPI) -> Iterator[Callable[[Exception], httpx.Response]]:
    def send_failing_request(error: Exception, path: str = "/fail") -> httpx.Response:
        app.state.error = error
        return asyncio.run(send_request(app, "GET", path, headers={"Origin": "https://any.example"}))

    yield send_failing_request
    app.state.error = None


def assert_problem(response: httpx.Response, slug: str, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


RaiseInRoute = Callable[..., httpx.Response]


class TestErrors:
    @pytest.mark.parametrize("error", problems.PROBLEM_TYPES, ids=lambda error: error.__name__)
    def test_domain_error_has_its_problem_type(
        self, error: type[errors.DwipperError], raise_in_route: RaiseInRoute
    ) -> None:
        raised = make_error(error)
        problem_type = problems.PROBLEM_TYPES[error]
        response = raise_in_route(raised)
        problem = assert_problem(response, problem_type.slug, problem_type.status)
        assert problem["title"] == problem_type.title
        assert problem["detail"] == str(raised)
        assert (response.headers.get("www-authenticate") == "Bearer") is (problem_type.status == 401)
        assert ("retry-after" in response.headers) is (problem_type.status in (429, 503))

    def test_invalid_grant_has_the_rfc_6749_error_code(self, raise_in_route: RaiseInRoute) -> None:
        problem = assert_problem(
            raise_in_route(errors.InvalidGrantError("invalid_grant", "No.")), "invalid-token-request", 400
        )
        assert problem["error"] == "invalid_grant"

    def test_rate_limit_error_has_its_own_headers(self, raise_in_route: RaiseInRoute) -> None:
        response = raise_in_route(make_error(errors.RateLimitedError))
        assert_problem(response, "rate-limited", 429)
        assert response.headers.get_list("retry-after") == ["1200"]
        assert response.headers["ratelimit"] == '"hour";r=0;t=1200'

    @pytest.mark.parametrize("path", ["/fail", "/v1/fail"])
    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ZeroDivisionError(SECRET), id="ZeroDivisionError"),
            pytest.param(KeyError(SECRET), id="KeyError"),
            pytest.param(ExceptionGroup(SECRET, [ValueError(SECRET)]), id="ExceptionGroup"),
            pytest.param(RecursionError(SECRET), id="RecursionError"),
            pytest.param(NoCredentialsError(), id="NoCredentialsError"),
            pytest.param(
                ClientError({"Error": {"Code": "ValidationException", "Message": SECRET}}, "Query"),
                id="ValidationException",
            ),
            pytest.param(
                ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "Query"),
                id="AccessDeniedException",
            ),
        ],
    )
    def test_unexpected_error_is_500_and_logged_without_its_message(
        self, error: Exception, path: str, raise_in_route: RaiseInRoute, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = raise_in_route(error, path)
        problem = assert_problem(response, "internal-error", 500)
        assert SECRET not in response.text
        assert type(error).__name__ not in response.text
        assert SECRET not in caplog.text
        assert type(error).__name__ in caplog.text
        assert problem["request_id"] in caplog.text
        assert "in fail\n" in caplog.text
        assert response.headers["access-control-allow-origin"] == "*"
        assert (response.headers.get("cache-control") == "no-store") is path.startswith("/v1/")

    @pytest.mark.parametrize(
        ("code", "http_status", "slug", "status"),
        [
            ("ProvisionedThroughputExceededException", 400, "unavailable", 503),
            ("ThrottlingException", 400, "unavailable", 503),
            ("RequestLimitExceeded", 400, "unavailable", 503),
            ("TransactionInProgressException", 400, "unavailable", 503),
            ("InternalServerError", 500, "unavailable", 503),
            ("InternalErrorException", 500, "unavailable", 503),
            ("ServiceUnavailable", 503, "unavailable", 503),
            ("SomethingNew", 500, "unavailable", 503),
            ("SomethingNew", 502, "unavailable", 503),
            ("TooManyRequestsException", 400, "too-many-requests", 429),
            ("LimitExceededException", 400, "too-many-requests", 429),
        ],
    )
    def test_throttling_and_outages_have_retry_after(
        self, code: str, http_status: int, slug: str, status: int, raise_in_route: RaiseInRoute
    ) -> None:
        aws_response = {"Error": {"Code": code, "Message": SECRET}, "ResponseMetadata": {"HTTPStatusCode": http_status}}
        response = raise_in_route(ClientError(aws_response, "Query"))  # type: ignore[arg-type]
        assert_problem(response, slug, status)
        assert response.headers["retry-after"] == "1"
        assert SECRET not in response.text

    @pytest.mark.parametrize(
        "error",
        [
            EndpointConnectionError(endpoint_url=SECRET),
            ConnectTimeoutError(endpoint_url=SECRET),
            ReadTimeoutError(endpoint_url=SECRET),
            IncompleteReadError(actual_bytes=1, expected_bytes=2),
            ResponseParserError(SECRET),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_transport_errors_are_503(self, error: Exception, raise_in_route: RaiseInRoute) -> None:
        response = raise_in_route(error)
        assert_problem(response, "unavailable", 503)
        assert response.headers["retry-after"] == "1"
        assert SECRET not in response.text


def _post(app: FastAPI, body: bytes | str, content_type: str | None = "application/json", path: str = "/write") -> Any:
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return asyncio.run(send_request(app, "POST", path, content=body, headers=headers))


class TestRequests:
    @pytest.mark.parametrize(
        "path", ["/nothing", "/v1", "/v1/", "/v1/nothing", "/v1/dwipps/", "/health/", "/redoc", "//", "/health%0A"]
    )
    def test_unknown_path_is_404(self, path: str, app: FastAPI) -> None:
        assert_problem(asyncio.run(send_request(app, "GET", f"http://dwipper.test{path}")), "not-found", 404)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/v1/dwipps", "GET, HEAD, POST"),
            ("POST", "/v1/dwipps/x", "DELETE, GET, HEAD, PATCH"),
            ("GET", "/v1/dwipps/x/upvote", "DELETE, POST, PUT"),
            ("PATCH", "/v1/dwipps/x/favorite", "DELETE, POST, PUT"),
            ("GET", "/v1/auth/login", "POST"),
            ("DELETE", "/v1/users/kay", "GET, HEAD"),
            ("GET", "/v1/me/password", "PUT"),
            ("BREW", "/health", "GET, HEAD"),
            ("OPTIONS", "/v1/dwipps", "GET, HEAD, POST"),
            ("POST", "/docs", "GET, HEAD"),
        ],
    )
    def test_405_lists_all_methods_in_allow(self, method: str, path: str, allowed: str, app: FastAPI) -> None:
        response = asyncio.run(send_request(app, method, path))
        assert response.headers["allow"] == allowed
        assert_problem(response, "method-not-allowed", 405)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param("{", id="opening brace"),
            pytest.param('{"text": "Hm."', id="truncated"),
            pytest.param("text=Hm.", id="form"),
            pytest.param('{"text": "Hm."} {}', id="two values"),
            pytest.param("{'text': 'Hm.'}", id="Python literal"),
            pytest.param(b'{"text": "\xff"}', id="invalid UTF-8"),
            pytest.param("[" * 60_000, id="deeply nested lists"),
            pytest.param('{"text":' * 7000 + "1" + "}" * 7000, id="deeply nested objects"),
            pytest.param('{"text": ' + "9" * 60_000 + "}", id="60,000 digits"),
            pytest.param('{"text": "a\nb"}', id="unescaped line break"),
        ],
    )
    def test_malformed_json_is_400(self, body: bytes | str, app: FastAPI) -> None:
        assert_problem(_post(app, body), "malformed-request", 400)

    @pytest.mark.parametrize(("levels", "problem"), [(32, ("invalid-request", 422)), (33, ("malformed-request", 400))])
    @pytest.mark.parametrize("brackets", ["[]", ('{"text":', "}")], ids=["lists", "objects"])
    def test_json_deeper_than_32_levels_is_400(
        self, levels: int, problem: tuple[str, int], brackets: Sequence[str], app: FastAPI
    ) -> None:
        opening, closing = brackets
        assert_problem(_post(app, opening * levels + "1" + closing * levels), *problem)

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=a",
            "application/jsonp",
            "application/xml",
            "json",
        ],
        ids=str,
    )
    def test_content_type_other_than_json_is_415(self, content_type: str | None, app: FastAPI) -> None:
        assert_problem(_post(app, '{"text": "Hm."}', content_type), "unsupported-media-type", 415)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json"],
    )
    def test_json_content_types_are_accepted(self, content_type: str, app: FastAPI) -> None:
        assert _post(app, '{"text": "Hm."}', content_type).status_code == 204

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            pytest.param(b"", [""], id="empty body"),
            pytest.param("{}", ["/text"], id="empty object"),
            pytest.param("null", [""], id="null"),
            pytest.param("[]", [""], id="list"),
            pytest.param('"text"', [""], id="string"),
            pytest.param("NaN", [""], id="NaN"),
            pytest.param('{"text": null}', ["/text"], id="null text"),
            pytest.param('{"text": 1}', ["/text"], id="number as text"),
            pytest.param('{"text": NaN}', ["/text"], id="NaN as text"),
            pytest.param('{"text": -Infinity}', ["/text"], id="infinity as text"),
            pytest.param('{"text": 1e400}', ["/text"], id="overflow as text"),
            pytest.param('{"text": ' + "9" * 4000 + "}", ["/text"], id="4,000 digits as text"),
            pytest.param('{"text": ["Hm."]}', ["/text"], id="list as text"),
            pytest.param('{"text": ""}', ["/text"], id="empty text"),
            pytest.param('{"text": " \\n "}', ["/text"], id="blank text"),
            pytest.param('{"text": "\\ud83e"}', ["/text"], id="lone surrogate"),
            pytest.param('{"text": "a\\u0000b"}', ["/text"], id="control character"),
            pytest.param('{"text": "' + "a" * 281 + '"}', ["/text"], id="text too long"),
            pytest.param('{"text": "Hm.", "upvotes": 9}', ["/upvotes"], id="extra field"),
            pytest.param('{"text": "Hm.", "a/b~c": 9}', ["/a~1b~0c"], id="extra field with slash and tilde"),
            pytest.param('{"text": "Hm.", "\\ud83e": 9}', [""], id="extra field with a lone surrogate"),
            pytest.param('{"text": "Hm.", "": 9}', ["/"], id="extra field without a name"),
            pytest.param('{"texts": "Hm."}', ["/text", "/texts"], id="two errors"),
        ],
    )
    def test_invalid_body_is_422_with_pointers(self, body: bytes | str, pointers: list[str], app: FastAPI) -> None:
        problem = assert_problem(_post(app, body), "invalid-request", 422)
        assert [error["pointer"] for error in problem["errors"]] == pointers
        assert all(set(error) == {"pointer", "detail"} and error["detail"] for error in problem["errors"])

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "", "1.5", "1e1", "9" * 5000, "\x00"])
    def test_invalid_query_is_422_with_its_parameter(self, limit: str, app: FastAPI) -> None:
        problem = assert_problem(
            asyncio.run(send_request(app, "GET", "/list", params={"limit": limit})), "invalid-request", 422
        )
        assert [error["pointer"] for error in problem["errors"]] == ["query/limit"]

    def test_weak_password_has_its_own_problem_type(self, app: FastAPI) -> None:
        body = {"email": "kay@example.org", "password": "qwertz"}
        response = _post(app, json.dumps(body), path="/v1/auth/register")
        problem = assert_problem(response, "weak-password", 422)
        assert [error["pointer"] for error in problem["errors"]] == ["/password"]
        assert "qwertz" not in response.text

    @pytest.mark.parametrize(
        "body",
        [
            {"email": "no address", "password": "correct horse battery"},
            {"email": "kay@example.org", "password": 12345678901234},
            {"email": "kay@example.org", "password": ["correct horse battery"]},
            {"email": "kay@example.org", "password": "correct horse \ud83e battery"},
        ],
    )
    def test_response_does_not_repeat_a_password(self, body: dict[str, Any], app: FastAPI) -> None:
        response = _post(app, json.dumps(body), path="/v1/auth/register")
        assert response.status_code == 422
        assert "horse" not in response.text
        assert "12345678901234" not in response.text
