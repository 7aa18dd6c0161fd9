"""The entry point of the Lambda function requires only its environment variables."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from typing import Any

import httpx
import pytest

from devstack.paths import ROOT
from testkit.gateway import GATEWAY_KINDS, make_event
from testkit.gateway_authorizer import make_rest_authorizer

# The variables that Lambda and serverless.yml set.
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "4dwipper0client0of0the0app",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
    "SAFETY_TABLE": "safety",
    "JOB_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
}
# Nothing listens at this endpoint.
UNREACHABLE_AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}

# The packages that an event may import, and those that only the test environment imports.
RUNTIME_PACKAGES = {
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
TEST_PACKAGES = {"_distutils_hack", "certifi"}

TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"

HEALTH_EVENT = make_event(httpx.Request("GET", "https://dwipper.test/health"), "rest")

CALL_HANDLER = """
import json, sys
from app.lambda_handler import handler
print(json.dumps([handler(json.loads(event), None) for event in sys.argv[1:]]))
"""


def run_python(
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


def _list_modules_after(code: str, environment: Mapping[str, str] = ENVIRONMENT) -> set[str]:
    result = run_python(f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))", environment=environment)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_each_event_kind_gets_a_response() -> None:
    events = [make_event(httpx.Request("GET", "https://dwipper.test/health"), kind) for kind in GATEWAY_KINDS]
    result = run_python(CALL_HANDLER, *map(json.dumps, events))
    assert result.returncode == 0, result.stderr
    assert [response["statusCode"] for response in json.loads(result.stdout)] == [200, 200, 200]


def test_unreachable_aws_is_503() -> None:
    event: dict[str, Any] = make_event(httpx.Request("GET", "https://dwipper.test/v1/dwipps"), "rest")
    claims = {
        "sub": "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e",
        "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Dwipper01",
        "client_id": ENVIRONMENT["USER_POOL_CLIENT_ID"],
        "token_use": "access",
        "exp": 4102444800,
        "iat": 1700000000,
    }
    event["requestContext"]["authorizer"] = make_rest_authorizer(claims)
    result = run_python(CALL_HANDLER, json.dumps(event), environment=ENVIRONMENT | UNREACHABLE_AWS)
    (response,) = json.loads(result.stdout)
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "1")
    assert "Traceback" not in result.stderr


def test_standard_error_has_one_line_for_each_request() -> None:
    # Lambda's runtime puts a handler on the root logger before it imports the function.
    add_root_handler = "import logging, sys; logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))"
    events = [make_event(httpx.Request("GET", "https://dwipper.test/health"), kind) for kind in GATEWAY_KINDS]
    malformed_event = events[0] | {"body": "a", "isBase64Encoded": True}
    arguments = map(json.dumps, [*events, malformed_event])
    environment = ENVIRONMENT | {
        "STAGE": "prod",
        "LOG_LEVEL": "ERROR",
        "_X_AMZN_TRACE_ID": f"Root={TRACE_ID};Sampled=0",
    }
    result = run_python(f"{add_root_handler}\n{CALL_HANDLER}", *arguments, environment=environment)
    responses = json.loads(result.stdout)
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [response["statusCode"] for response in responses] == [200, 200, 200, 400]
    assert [line["status"] for line in lines] == [200, 200, 200, 400]
    assert [line["ColdStarts"] for line in lines] == [1, 0, 0, 0]
    assert {(line["Stage"], line["trace_id"]) for line in lines} == {("prod", TRACE_ID)}


@pytest.mark.parametrize(
    ("events", "initialization", "cold_starts"),
    [
        pytest.param([HEALTH_EVENT] * 2, None, [1, 0], id="default"),
        pytest.param([HEALTH_EVENT] * 2, "on-demand", [1, 0], id="on demand"),
        pytest.param([HEALTH_EVENT] * 2, "provisioned-concurrency", [0, 0], id="provisioned concurrency"),
    ],
)
def test_cold_start_is_counted_if_a_request_waits_for_it(
    events: list[dict[str, Any]], initialization: str | None, cold_starts: list[int]
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html."""
    environment = {"AWS_LAMBDA_INITIALIZATION_TYPE": initialization} if initialization else {}
    result = run_python(CALL_HANDLER, *map(json.dumps, events), environment=ENVIRONMENT | environment)
    assert [json.loads(line)["ColdStarts"] for line in result.stderr.splitlines()] == cold_starts


def test_all_missing_settings_are_named() -> None:
    result = run_python("import app.lambda_handler", environment={})
    assert result.returncode != 0
    assert f"MisconfiguredError: Missing in the environment: {', '.join(ENVIRONMENT)}." in result.stderr


def test_missing_setting_is_named() -> None:
    result = run_python("import app.lambda_handler", environment=ENVIRONMENT | {"USER_POOL_ID": ""})
    assert result.returncode != 0
    assert "MisconfiguredError: Missing in the environment: USER_POOL_ID." in result.stderr


def test_importing_the_app_needs_no_environment() -> None:
    assert "app.main" in _list_modules_after("import app.main", environment={})


def test_garbage_is_collected_only_after_the_start() -> None:
    code = """
import gc, sys
runs = []

def record(phase, _):
    names = vars(sys.modules.get("app.lambda_handler", object))
    if "gc" in names and "handler" not in names:  # The module has started, and its handler is not ready.
        runs.append(phase)

gc.callbacks.append(record)
import app.lambda_handler
print(len(runs), gc.isenabled(), gc.get_freeze_count() > 100_000)
"""
    assert run_python(code).stdout.split() == ["0", "True", "True"]


def test_only_models_for_openapi_documents_are_deferred() -> None:
    code = """
import app.lambda_handler
from app.dwipps.schemas import DwippDraft
from fastapi.openapi.models import OpenAPI, Schema
print(OpenAPI.__pydantic_complete__, Schema.__pydantic_complete__, DwippDraft.__pydantic_complete__)
"""
    assert run_python(code).stdout.split() == ["False", "False", "True"]


def test_each_part_of_the_quick_start_is_still_needed() -> None:
    """If one of these fails, a part of app/quick_start.py can go."""
    import_boto3 = "import sys, boto3; print('s3transfer.manager' in sys.modules)"
    assert run_python(import_boto3).stdout == "True\n", "boto3 imports no transfers of S3"
    without_patch = """
from pydantic import BaseModel
BaseModel.model_config["defer_build"] = True
from fastapi.openapi.models import Schema
print(Schema.__pydantic_complete__)
"""
    assert run_python(without_patch).stdout == "True\n", "FastAPI defers all models by itself"
    search_for_plugins = """
import importlib.metadata
from pydantic import create_model
searches = []
importlib.metadata.distributions = lambda: searches.append(1) or []
create_model("Model", field=int)
print(bool(searches))
"""
    assert run_python(search_for_plugins).stdout == "True\n", "pydantic does not look for plugins"
    setting = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
    assert run_python(search_for_plugins, environment=ENVIRONMENT | setting).stdout == "False\n"


def test_function_serves_the_published_document() -> None:
    result = run_python(
        CALL_HANDLER, json.dumps(make_event(httpx.Request("GET", "https://dwipper.test/openapi.json"), "rest"))
    )
    (response,) = json.loads(result.stdout)
    published = (ROOT / "openapi.json").read_text().replace('"http://127.0.0.1:8000/v1/auth/token"', '"v1/auth/token"')
    assert json.loads(response["body"]) | {"servers": json.loads(published)["servers"]} == json.loads(published)


def test_imports_are_limited_even_with_a_token() -> None:
    headers = {"Authorization": "Bearer a.b.c"}
    event = make_event(httpx.Request("GET", "https://dwipper.test/v1/dwipps", headers=headers), "rest")
    call = f"from app.lambda_handler import handler; assert handler({event!r}, None)['statusCode'] == 401"
    modules = _list_modules_after(call)
    assert not {name for name in modules if name.startswith(("devstack", "jose"))}
    standard_modules = {name for name in modules if name.partition(".")[0] in sys.stdlib_module_names}
    package_modules = {name for name in modules if name.partition(".")[0] in RUNTIME_PACKAGES}
    assert {
        name.partition(".")[0] for name in modules
    } & packages_distributions().keys() <= RUNTIME_PACKAGES | TEST_PACKAGES
    # A cold start reads a file for each module. If a new module is worth that time, raise the bound.
    assert len(package_modules) <= 446
    assert len(standard_modules) <= 251
