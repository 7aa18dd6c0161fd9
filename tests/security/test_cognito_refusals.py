"""Each refusal that Cognito's API reference lists, for each call of each request, and what it comes to over HTTP.

Most of them neither MiniStack nor moto can raise: a code that expired, a lock-out, a mail that cannot be sent, limits,
misconfiguration. The list is botocore's, so an error that is new in it fails here until somebody decides what it means.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest

from app.aws.clients import cognito_client
from app.cognito import user_pool
from app.main import create_app
from app.me import deletion
from devstack.process import Service
from testkit.doubles import SETTINGS
from tests.conftest import REGION, Figures
from tests.contract.document import resolved
from tests.security.cognito_refusals import CASES, NOT_LOGGED_IN, WRONG_CODE, WRONG_LOGIN, WRONG_PASSWORD, Answer, Case
from tests.security.watched_api import Stage, staged

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["uvicorn", "rest"])
def stage(request: pytest.FixtureRequest, embedded: Service) -> Iterator[Stage]:
    with staged(embedded.endpoint, request.param) as stage, pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))
        patch.setattr(user_pool, "_MAX_SIGN_OUT_PAUSE_SECONDS", 0)
        yield stage


async def _answers(case: Case, refusals: Mapping[str, str], stage: Stage) -> dict[str, Answer]:
    """What the case's request is answered while its call is refused so: by name, and in these words."""
    answers, somebody = {}, None
    for name, words in refusals.items():
        if somebody is None or case.each_anew:
            somebody = await case.somebody(stage.api)
        with stage.calls.refusing(case.operation, name, words):
            answers[name] = _checked(await case.ask(stage.api, somebody))
    return answers


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_comes_to_what_the_contract_says(case: Case, stage: Stage) -> None:
    settings = stage.api.settings
    pool = f"arn:aws:cognito-idp:{REGION}:123456789012:userpool/{settings.user_pool_id}"
    words = f"An error occurred: value at 'x' in {pool} failed to satisfy a constraint."
    answers = stage.run(_answers(case, dict.fromkeys(_listed(case.operation), words), stage))
    assert answers == {name: case.refusals.get(name, "undecided") for name in answers}


@pytest.mark.parametrize(
    ("request_", "words", "expected"),
    [
        ("login", "Password attempts exceeded", WRONG_LOGIN),
        ("login", "User is disabled.", WRONG_LOGIN),
        ("confirm", "User cannot be confirmed. Current status is CONFIRMED", WRONG_CODE),
        ("change", "Password attempts exceeded", WRONG_PASSWORD),
        ("change", "Access Token has been revoked", NOT_LOGGED_IN),
        ("change", "Access Token has expired", NOT_LOGGED_IN),
    ],
)
def test_not_authorized_is_many_things(request_: str, words: str, expected: Answer, stage: Stage) -> None:
    case = next(case for case in CASES if case.request == request_)
    answers = stage.run(_answers(case, {"NotAuthorizedException": words}, stage))
    assert answers == {"NotAuthorizedException": expected}


def test_no_call_to_cognito_is_left_out(figures: Figures) -> None:
    called = re.findall(r"self\._client(?:_once)?\.(\w+)\(", inspect.getsource(user_pool))
    assert {"".join(map(str.title, name.split("_"))) for name in called} == {case.operation for case in CASES}
    figures("calls of requests to Cognito", len(CASES))
    figures("refusals of them, each over two transports", sum(len(_listed(case.operation)) for case in CASES))


def _listed(operation: str) -> list[str]:
    """The errors of an operation, as botocore carries them from the API reference."""
    model: Any = _client().meta.service_model.operation_model(operation)
    return [shape.error_code for shape in model.error_shapes]


@cache
def _client() -> Any:
    return cognito_client(REGION)


def _checked(answer: httpx.Response) -> Answer:
    """The answer in short, if all that is common to the contract's answers is right of it, and the spec has it."""
    headers = answer.headers
    assert headers["cache-control"] == "no-store"
    assert headers.get("www-authenticate") == ("Bearer" if answer.status_code == 401 else None)
    assert headers.get("retry-after") == ("1" if answer.status_code in (429, 503) else None)
    documented = resolved(_spec(), _spec_of(answer.request)["responses"][str(answer.status_code)])
    if answer.is_success:
        assert answer.text == "" or set(answer.json()) == {"registration"}
        return answer.status_code, None
    problem = answer.json()
    assert headers["content-type"] == "application/problem+json"
    assert set(problem) - {"error"} == {"type", "title", "status", "detail", "request_id"}
    assert (problem["status"], problem["request_id"]) == (answer.status_code, headers["x-request-id"])
    assert problem["type"] in documented["description"]
    return answer.status_code, problem["type"].removeprefix("urn:dwipper:problem:")


def _spec_of(request: httpx.Request) -> Any:
    return _spec()["paths"][request.url.path][request.method.lower()]


@cache
def _spec() -> dict[str, Any]:
    return create_app(SETTINGS).openapi()
