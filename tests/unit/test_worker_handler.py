"""The entry point of the worker function requires only its environment variables."""

import json
from typing import Any

import pytest

from app.jobs.lambda_events import HEARTBEAT_EVENT, SWEEP_EVENT
from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from tests.unit.test_lambda_handler import ENVIRONMENT, TRACE_ID, UNREACHABLE_AWS, run_python

SUBJECT = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"

# Lambda's runtime puts a handler on the root logger before it imports the function.
CALL_HANDLER = """
import json, logging, sys
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
from app.worker_handler import handler
print(json.dumps(handler(json.loads(sys.argv[1]), None)))
"""


def _make_event(**bodies: str) -> dict[str, Any]:
    records = [{"messageId": name, "body": body, "eventSource": "aws:sqs"} for name, body in bodies.items()]
    return {"Records": records}


def test_unreadable_messages_are_reported_by_their_ids() -> None:
    environment = ENVIRONMENT | {
        "STAGE": "prod",
        "LOG_LEVEL": "CRITICAL",
        "_X_AMZN_TRACE_ID": f"Root={TRACE_ID};Sampled=0",
    }
    result = run_python(CALL_HANDLER, json.dumps(_make_event(a="{}", b="kay")), environment=environment)
    assert json.loads(result.stdout) == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [(line["request_id"], line["outcome"], line["JobFailures"]) for line in lines] == [
        ("a", "failed", 1),
        ("b", "failed", 1),
    ]
    assert {(line["Stage"], line["trace_id"]) for line in lines} == {("prod", TRACE_ID)}


def test_message_fails_if_aws_is_unreachable() -> None:
    """The job retries until its time is up, which a patch sets to 0."""
    code = f"import app.jobs.worker; app.jobs.worker.WORK_SECONDS = 0\n{CALL_HANDLER}"
    body = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT).to_json()
    result = run_python(code, json.dumps(_make_event(a=body)), environment=ENVIRONMENT | UNREACHABLE_AWS)
    assert json.loads(result.stdout) == {"batchItemFailures": [{"itemIdentifier": "a"}]}
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [(line["level"], line.get("aws_error")) for line in lines] == [
        ("WARNING", "EndpointConnectionError"),
        ("ERROR", "EndpointConnectionError"),
        ("INFO", None),
    ]
    assert SUBJECT not in result.stderr


def test_event_of_the_schedule_is_a_sweep() -> None:
    result = run_python(CALL_HANDLER, json.dumps(SWEEP_EVENT), environment=ENVIRONMENT | UNREACHABLE_AWS)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "app.jobs.lambda_events.SweepFailedError"
    line = json.loads(result.stderr.splitlines()[1])
    assert (line["job"], line["outcome"], line["JobFailures"]) == ("sweep", "failed", 1)


def test_failed_heartbeat_is_logged_and_not_repeated() -> None:
    """Lambda repeats the event of a schedule if the function raises."""
    url = {"HEARTBEAT_URL": "http://127.0.0.1:9", "HEARTBEAT_SECRET_ARN": "arn"}
    environment = ENVIRONMENT | UNREACHABLE_AWS | url
    result = run_python(CALL_HANDLER, json.dumps(HEARTBEAT_EVENT), environment=environment)
    assert (result.returncode, result.stdout) == (0, "null\n")
    line = json.loads(result.stderr.splitlines()[-1])
    assert (line["message"], line["health"], line["Heartbeats"]) == ("heartbeat", "EndpointConnectionError", 0)
    assert (line["login"], line["HeartbeatLogins"]) == ("EndpointConnectionError", 0)


@pytest.mark.parametrize("event", [{}, {"httpMethod": "GET"}, _make_event(a="{}") | {"Records": [{}]}], ids=str)
def test_unknown_event_raises(event: dict[str, Any]) -> None:
    result = run_python(CALL_HANDLER, json.dumps(event))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "app.jobs.lambda_events.UnknownEventError"


def test_missing_setting_is_named() -> None:
    result = run_python("import app.worker_handler", environment=ENVIRONMENT | {"JOB_QUEUE_URL": ""})
    assert result.returncode != 0
    assert "MisconfiguredError: Missing in the environment: JOB_QUEUE_URL." in result.stderr


@pytest.mark.parametrize("module", ["app.worker_handler", "app.worker"])
def test_worker_imports_no_framework_and_no_code_of_development(module: str) -> None:
    result = run_python(f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))")
    assert result.returncode == 0, result.stderr
    packages = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert not packages & {"anyio", "devstack", "fastapi", "jose", "mangum", "starlette", "testkit", "uvicorn"}
    assert "boto3" in packages
