"""Every error has its place in one table, and no answer says what another service or Python said."""

import asyncio
import inspect
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
from app.openapi import problem_responses
from app.pagination.dependencies import PageParams
from app.web import problems
from testkit.doubles import offline_app, send_request

LEAVES = sorted(
    (
        error
        for error in vars(errors).values()
        if inspect.isclass(error) and issubclass(error, errors.DwipperError) and not error.__subclasses__()
    ),
    key=lambda error: error.__name__,
)
OTHERS = (
    problems.MALFORMED_REQUEST,
    problems.NOT_FOUND,
    problems.METHOD_NOT_ALLOWED,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INTERNAL_ERROR,
)
SECRET = "arn:aws:dynamodb:eu-central-1:123456789012:table/members"


class TestTable:
    def test_every_error_but_the_one_at_start_has_a_kind(self) -> None:
        assert len(LEAVES) > 15
        assert set(problems.PROBLEM_TYPES) == set(LEAVES) - {errors.MisconfiguredError}

    def test_a_slug_means_one_status_and_one_title(self) -> None:
        kinds = {*problems.PROBLEM_TYPES.values(), *OTHERS}
        assert len({kind.slug for kind in kinds}) == len({kind.title for kind in kinds}) == len(kinds)

    def test_types_are_urns_of_ours(self) -> None:
        for kind in {*problems.PROBLEM_TYPES.values(), *OTHERS}:
            assert kind.urn == f"urn:dwipper:problem:{kind.slug}"
            assert kind.slug.replace("-", "").isalpha()
            assert kind.slug.islower()
            assert 400 <= kind.status < 600

    @pytest.mark.parametrize("error", LEAVES, ids=lambda error: error.__name__)
    def test_every_error_has_a_sentence_for_the_member(self, error: type[errors.DwipperError]) -> None:
        assert error.detail.endswith((".", "`."))
        assert len(error.detail) < 120

    def test_the_tree_in_the_modules_docstring_is_complete(self) -> None:
        drawn = [line.split()[-1] for line in (errors.__doc__ or "").splitlines() if "── " in line]
        assert sorted(drawn) == [leaf.__name__ for leaf in LEAVES]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = offline_app()
    app.state.raised = None

    def fail() -> None:
        raise app.state.raised

    def write(draft: DwippDraft) -> None:
        """Need a body as `POST /v1/dwipps` does, but no token."""

    def read_list(listing: PageParams) -> int:
        """Take a page's parameters as `GET /v1/dwipps` does, but no token."""
        return listing.page.limit

    app.add_api_route("/list", read_list, include_in_schema=False)
    app.add_api_route("/fail", fail, include_in_schema=False)
    app.add_api_route("/v1/fail", fail, include_in_schema=False)
    app.add_api_route("/write", write, methods=["POST"], status_code=204, include_in_schema=False)
    return app


@pytest.fixture
def failing(app: FastAPI) -> Iterator[Callable[[Exception], httpx.Response]]:
    def fail_with(error: Exception, path: str = "/fail") -> httpx.Response:
        app.state.raised = error
        return asyncio.run(send_request(app, "GET", path, headers={"Origin": "https://any.example"}))

    yield fail_with
    app.state.raised = None


def assert_problem(answer: httpx.Response, slug: str, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:dwipper:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


Failing = Callable[..., httpx.Response]


class TestErrors:
    @pytest.mark.parametrize("error", problems.PROBLEM_TYPES, ids=lambda error: error.__name__)
    def test_an_error_is_answered_by_its_kind(self, error: type[errors.DwipperError], failing: Failing) -> None:
        raised = errors.InvalidGrantError("invalid_grant", "No.") if error is errors.InvalidGrantError else error()
        kind = problems.PROBLEM_TYPES[error]
        answer = failing(raised)
        problem = assert_problem(answer, kind.slug, kind.status)
        assert problem["title"] == kind.title
        assert problem["detail"] == str(raised)
        assert (answer.headers.get("www-authenticate") == "Bearer") is (kind.status == 401)
        assert ("retry-after" in answer.headers) is (kind.status in (429, 503))

    def test_a_token_requests_problem_says_rfc_6749s_error_too(self, failing: Failing) -> None:
        problem = assert_problem(
            failing(errors.InvalidGrantError("invalid_grant", "No.")), "invalid-token-request", 400
        )
        assert problem["error"] == "invalid_grant"

    @pytest.mark.parametrize("path", ["/fail", "/v1/fail"])
    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ZeroDivisionError(SECRET), id="Python's own"),
            pytest.param(KeyError(SECRET), id="a key"),
            pytest.param(ExceptionGroup(SECRET, [ValueError(SECRET)]), id="a group"),
            pytest.param(RecursionError(SECRET), id="recursion"),
            pytest.param(NoCredentialsError(), id="no credentials"),
            pytest.param(
                ClientError({"Error": {"Code": "ValidationException", "Message": SECRET}}, "Query"),
                id="ours of boto3's",
            ),
            pytest.param(
                ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "Query"),
                id="no permission",
            ),
        ],
    )
    def test_the_unexpected_is_500_and_its_frames_are_logged_without_its_message(
        self, error: Exception, path: str, failing: Failing, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = failing(error, path)
        problem = assert_problem(answer, "internal-error", 500)
        assert SECRET not in answer.text
        assert type(error).__name__ not in answer.text
        assert SECRET not in caplog.text
        assert type(error).__name__ in caplog.text
        assert problem["request_id"] in caplog.text
        assert "in fail\n" in caplog.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (answer.headers.get("cache-control") == "no-store") is path.startswith("/v1/")

    @pytest.mark.parametrize(
        ("code", "http", "slug", "status"),
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
    def test_throttling_and_outages_ask_to_come_back(
        self, code: str, http: int, slug: str, status: int, failing: Failing
    ) -> None:
        response = {"Error": {"Code": code, "Message": SECRET}, "ResponseMetadata": {"HTTPStatusCode": http}}
        answer = failing(ClientError(response, "Query"))  # type: ignore[arg-type]
        assert_problem(answer, slug, status)
        assert answer.headers["retry-after"] == "1"
        assert SECRET not in answer.text

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
    def test_no_answer_is_an_outage(self, error: Exception, failing: Failing) -> None:
        answer = failing(error)
        assert_problem(answer, "unavailable", 503)
        assert answer.headers["retry-after"] == "1"
        assert SECRET not in answer.text


def _sent(app: FastAPI, body: bytes | str, content_type: str | None = "application/json", path: str = "/write") -> Any:
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return asyncio.run(send_request(app, "POST", path, content=body, headers=headers))


class TestRequests:
    @pytest.mark.parametrize(
        "path", ["/nothing", "/v1", "/v1/", "/v1/nothing", "/v1/dwipps/", "/health/", "/redoc", "//"]
    )
    def test_a_path_that_there_is_not_is_404(self, path: str, app: FastAPI) -> None:
        assert_problem(asyncio.run(send_request(app, "GET", f"http://dwipper.test{path}")), "not-found", 404)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/v1/dwipps", "GET, POST"),
            ("POST", "/v1/dwipps/x", "DELETE, GET, PATCH"),
            ("GET", "/v1/dwipps/x/upvote", "DELETE, POST, PUT"),
            ("PATCH", "/v1/dwipps/x/favorite", "DELETE, POST, PUT"),
            ("GET", "/v1/auth/login", "POST"),
            ("DELETE", "/v1/users/kay", "GET"),
            ("GET", "/v1/me/password", "PUT"),
            ("BREW", "/health", "GET"),
            ("OPTIONS", "/v1/dwipps", "GET, POST"),
            ("POST", "/docs", "GET, HEAD"),
        ],
    )
    def test_a_405_allows_all_methods_of_the_resource(self, method: str, path: str, allowed: str, app: FastAPI) -> None:
        answer = asyncio.run(send_request(app, method, path))
        assert answer.headers["allow"] == allowed
        assert_problem(answer, "method-not-allowed", 405)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param("{", id="half an object"),
            pytest.param('{"text": "Hm."', id="cut off"),
            pytest.param("text=Hm.", id="a form"),
            pytest.param('{"text": "Hm."} {}', id="two"),
            pytest.param("{'text': 'Hm.'}", id="Python"),
            pytest.param(b'{"text": "\xff"}', id="no UTF-8"),
            pytest.param("[" * 60_000, id="nested deeply"),
            pytest.param('{"text":' * 7000 + "1" + "}" * 7000, id="objects nested deeply"),
            pytest.param('{"text": ' + "9" * 60_000 + "}", id="a number of 60,000 digits"),
            pytest.param('{"text": "a\nb"}', id="a bare line break"),
        ],
    )
    def test_a_body_that_is_no_json_is_400(self, body: bytes | str, app: FastAPI) -> None:
        assert_problem(_sent(app, body), "malformed-request", 400)

    @pytest.mark.parametrize(("levels", "problem"), [(32, ("invalid-request", 422)), (33, ("malformed-request", 400))])
    @pytest.mark.parametrize("ends", ["[]", ('{"text":', "}")], ids=["lists", "objects"])
    def test_how_deep_a_body_may_be_nested_is_the_same_everywhere(
        self, levels: int, problem: tuple[str, int], ends: Sequence[str], app: FastAPI
    ) -> None:
        begin, end = ends
        assert_problem(_sent(app, begin * levels + "1" + end * levels), *problem)

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
    def test_a_body_that_is_not_said_to_be_json_is_415(self, content_type: str | None, app: FastAPI) -> None:
        assert_problem(_sent(app, '{"text": "Hm."}', content_type), "unsupported-media-type", 415)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json"],
    )
    def test_a_body_that_is_said_to_be_json_is_taken(self, content_type: str, app: FastAPI) -> None:
        assert _sent(app, '{"text": "Hm."}', content_type).status_code == 204

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            pytest.param(b"", [""], id="no body"),
            pytest.param("{}", ["/text"], id="nothing in it"),
            pytest.param("null", [""], id="null"),
            pytest.param("[]", [""], id="a list"),
            pytest.param('"text"', [""], id="a text"),
            pytest.param("NaN", [""], id="NaN"),
            pytest.param('{"text": null}', ["/text"], id="text null"),
            pytest.param('{"text": 1}', ["/text"], id="text a number"),
            pytest.param('{"text": NaN}', ["/text"], id="text NaN"),
            pytest.param('{"text": -Infinity}', ["/text"], id="text infinite"),
            pytest.param('{"text": 1e400}', ["/text"], id="text beyond numbers"),
            pytest.param('{"text": ' + "9" * 4000 + "}", ["/text"], id="text a number of 4,000 digits"),
            pytest.param('{"text": ["Hm."]}', ["/text"], id="text a list"),
            pytest.param('{"text": ""}', ["/text"], id="text empty"),
            pytest.param('{"text": " \\n "}', ["/text"], id="text blank"),
            pytest.param('{"text": "\\ud83e"}', ["/text"], id="half a character"),
            pytest.param('{"text": "a\\u0000b"}', ["/text"], id="a control character"),
            pytest.param('{"text": "' + "a" * 281 + '"}', ["/text"], id="too long"),
            pytest.param('{"text": "Hm.", "upvotes": 9}', ["/upvotes"], id="more"),
            pytest.param('{"text": "Hm.", "a/b~c": 9}', ["/a~1b~0c"], id="more, with a slash and a tilde"),
            pytest.param('{"text": "Hm.", "\\ud83e": 9}', [""], id="more, named by half a character"),
            pytest.param('{"text": "Hm.", "": 9}', ["/"], id="more, without a name"),
            pytest.param('{"texts": "Hm."}', ["/text", "/texts"], id="two flaws"),
        ],
    )
    def test_a_body_that_is_not_valid_is_422_and_says_where(
        self, body: bytes | str, pointers: list[str], app: FastAPI
    ) -> None:
        problem = assert_problem(_sent(app, body), "invalid-request", 422)
        assert [flaw["pointer"] for flaw in problem["errors"]] == pointers
        assert all(set(flaw) == {"pointer", "detail"} and flaw["detail"] for flaw in problem["errors"])

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "", "1.5", "1e1", "9" * 5000, "\x00"])
    def test_a_query_that_is_not_valid_names_its_parameter(self, limit: str, app: FastAPI) -> None:
        problem = assert_problem(
            asyncio.run(send_request(app, "GET", "/list", params={"limit": limit})), "invalid-request", 422
        )
        assert [flaw["pointer"] for flaw in problem["errors"]] == ["query/limit"]

    def test_a_weak_password_has_a_kind_of_its_own_and_its_place(self, app: FastAPI) -> None:
        body = {"email": "kay@example.org", "password": "qwertz"}
        answer = _sent(app, json.dumps(body), path="/v1/auth/register")
        problem = assert_problem(answer, "weak-password", 422)
        assert [flaw["pointer"] for flaw in problem["errors"]] == ["/password"]
        assert "qwertz" not in answer.text

    @pytest.mark.parametrize(
        "body",
        [
            {"email": "no address", "password": "correct horse battery"},
            {"email": "kay@example.org", "password": 12345678901234},
            {"email": "kay@example.org", "password": ["correct horse battery"]},
            {"email": "kay@example.org", "password": "correct horse \ud83e battery"},
        ],
    )
    def test_no_answer_repeats_a_password(self, body: dict[str, Any], app: FastAPI) -> None:
        answer = _sent(app, json.dumps(body), path="/v1/auth/register")
        assert answer.status_code == 422
        assert "horse" not in answer.text
        assert "12345678901234" not in answer.text


class TestDocumented:
    def test_kinds_of_one_status_share_an_entry(self) -> None:
        documented = problem_responses.error_responses(
            errors.InvalidCursorError, problems.MALFORMED_REQUEST, errors.DwippNotFoundError
        )
        assert sorted(documented) == [400, 404]
        assert "invalid-cursor" in documented[400]["description"]
        assert "malformed-request" in documented[400]["description"]

    def test_every_answer_that_is_documented_is_a_problem_of_the_table(self, app: FastAPI) -> None:
        known = {kind.urn for kind in (*problems.PROBLEM_TYPES.values(), *OTHERS)}
        for methods in app.openapi()["paths"].values():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and problems.MEDIA_TYPE in answer.get("content", {}):
                        assert all(part.split("`")[1] in known for part in answer["description"].split(" · "))
