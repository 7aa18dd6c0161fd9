"""The function's entry point as Lambda imports it: in a process of its own, with nothing but an environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import httpx

from testkit.gateway import GATEWAY_KINDS, make_event, rest_authorizer

ROOT = Path(__file__).parents[2]

# As Lambda sets it, and as serverless.yml does; nothing listens at the endpoint.
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "4dwipper0client0of0the0app",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
}
NO_AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}

# Every package on the way of an event, and what else the environment of tests brings to it.
IMPORTED = {
    "annotated_doc",
    "annotated_types",
    "anyio",
    "app",
    "boto3",
    "botocore",
    "dateutil",
    "fastapi",
    "jmespath",
    "mangum",
    "opentelemetry",
    "pydantic",
    "pydantic_core",
    "s3transfer",
    "six",
    "starlette",
    "typing_extensions",
    "typing_inspection",
    "urllib3",
}
OF_TESTS = {"_distutils_hack", "certifi"}

TRACE = "1-5759e988-bd862e3fe1be46a994272793"

CALL = """
import json, sys
from app.lambda_handler import handler
print(json.dumps([handler(json.loads(event), None) for event in sys.argv[1:]]))
"""


def _python(
    code: str, *arguments: str, environment: Mapping[str, str] = ENVIRONMENT
) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _modules_after(code: str, environment: Mapping[str, str] = ENVIRONMENT) -> set[str]:
    ended = _python(f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))", environment=environment)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))


def test_it_answers_every_kind_of_event() -> None:
    events = [make_event(httpx.Request("GET", "https://dwipper.test/health"), kind) for kind in GATEWAY_KINDS]
    ended = _python(CALL, *map(json.dumps, events))
    assert ended.returncode == 0, ended.stderr
    assert [answer["statusCode"] for answer in json.loads(ended.stdout)] == [200, 200, 200]


def test_an_aws_that_cannot_be_reached_is_503_and_not_a_crash() -> None:
    event: dict[str, Any] = make_event(httpx.Request("GET", "https://dwipper.test/v1/dwipps"), "rest")
    claims = {
        "sub": "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e",
        "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Dwipper01",
        "client_id": ENVIRONMENT["USER_POOL_CLIENT_ID"],
        "token_use": "access",
        "exp": 4102444800,
        "iat": 1700000000,
    }
    event["requestContext"]["authorizer"] = rest_authorizer(claims)
    ended = _python(CALL, json.dumps(event), environment=ENVIRONMENT | NO_AWS)
    (answer,) = json.loads(ended.stdout)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "1")
    assert "Traceback" not in ended.stderr


def test_every_request_is_one_line_on_standard_error_and_nothing_else_is() -> None:
    """Lambda's runtime has a handler at the root before it imports the function."""
    root = "import logging, sys; logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))"
    events = [make_event(httpx.Request("GET", "https://dwipper.test/health"), kind) for kind in GATEWAY_KINDS]
    unreadable = events[0] | {"body": "a", "isBase64Encoded": True}
    asked = map(json.dumps, [{"warmup": True}, *events, unreadable])
    environment = ENVIRONMENT | {"STAGE": "prod", "LOG_LEVEL": "ERROR", "_X_AMZN_TRACE_ID": f"Root={TRACE};Sampled=0"}
    ended = _python(f"{root}\n{CALL}", *asked, environment=environment)
    answers = json.loads(ended.stdout)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [answer["statusCode"] for answer in answers] == [204, 200, 200, 200, 400]
    assert [line["status"] for line in lines] == [200, 200, 200, 400]
    assert [line["ColdStarts"] for line in lines] == [1, 0, 0, 0]
    assert {(line["Stage"], line["trace_id"]) for line in lines} == {("prod", TRACE)}


def test_settings_that_are_missing_are_named_all_at_once() -> None:
    ended = _python("import app.lambda_handler", environment={})
    assert ended.returncode != 0
    assert f"MisconfiguredError: Missing in the environment: {', '.join(ENVIRONMENT)}." in ended.stderr


def test_a_setting_that_is_missing_is_named() -> None:
    ended = _python("import app.lambda_handler", environment=ENVIRONMENT | {"USER_POOL_ID": ""})
    assert ended.returncode != 0
    assert "MisconfiguredError: Missing in the environment: USER_POOL_ID." in ended.stderr


def test_the_app_is_imported_without_an_environment() -> None:
    assert "app.main" in _modules_after("import app.main", environment={})


def test_it_starts_without_looking_for_garbage_and_looks_for_it_from_then_on() -> None:
    code = """
import gc
import app
runs = []
gc.callbacks.append(lambda phase, _: runs.append(phase))
import app.lambda_handler
print(len(runs), gc.isenabled(), gc.get_freeze_count() > 100_000)
"""
    assert _python(code).stdout.split() == ["0", "True", "True"]


def test_models_of_documents_are_built_when_they_are_used_and_ours_at_once() -> None:
    code = """
import app.lambda_handler
from app.dwipps.schemas import DwippDraft
from fastapi.openapi.models import OpenAPI
print(OpenAPI.__pydantic_complete__, DwippDraft.__pydantic_complete__)
"""
    assert _python(code).stdout.split() == ["False", "True"]


def test_its_document_is_that_of_the_app() -> None:
    ended = _python(CALL, json.dumps(make_event(httpx.Request("GET", "https://dwipper.test/openapi.json"), "rest")))
    (answer,) = json.loads(ended.stdout)
    published = json.loads((ROOT / "openapi.json").read_text())
    assert json.loads(answer["body"]) | {"servers": published["servers"]} == published


def test_the_function_imports_no_more_than_it_needs_even_where_a_token_is_sent() -> None:
    headers = {"Authorization": "Bearer a.b.c"}
    event = make_event(httpx.Request("GET", "https://dwipper.test/v1/dwipps", headers=headers), "rest")
    call = f"from app.lambda_handler import handler; assert handler({event!r}, None)['statusCode'] == 401"
    modules = _modules_after(call)
    assert not {name for name in modules if name.startswith(("devstack", "jose"))}
    of_python = {name for name in modules if name.partition(".")[0] in sys.stdlib_module_names}
    installed = {name for name in modules if name.partition(".")[0] in IMPORTED}
    assert {name.partition(".")[0] for name in modules} & packages_distributions().keys() <= IMPORTED | OF_TESTS
    # A cold start reads a file for each. Where it is worth that, raise the bound.
    assert len(installed) <= 450
    assert len(of_python) <= 290
