"""Rules for the background jobs: the queue, and the events of the worker."""

import json
from collections.abc import Iterator
from typing import Any

from app.jobs.lambda_events import HEARTBEAT_EVENT, SWEEP_EVENT
from app.jobs.worker import DEADLINE_SECONDS
from app.worker import SWEEP_INTERVAL_SECONDS
from tests.infrastructure.rules.resources import Template, find_resources, get_properties, get_reference

_DAY = 24 * 60 * 60
_MAX_RECEIVES = 5
_TIMEOUT_SECONDS = 60
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_VISIBILITY_PER_TIMEOUT = 6
_MAPPING = {
    "BatchSize": 1,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ScalingConfig": {"MaximumConcurrency": 2},
}


def check_queues(template: Template) -> Iterator[str]:
    """Check that messages become dead letters after five receives, are kept for two weeks then, and are encrypted.

    A message must stay invisible for six times the timeout of the worker. Queues must have no fixed names.
    """
    queues = dict(find_resources(template, "AWS::SQS::Queue"))
    if queues.keys() != {"JobQueue", "DeadLetterQueue"}:
        yield f"queues: {sorted(queues)}"
    for name, queue in queues.items():
        if queue["Properties"].get("SqsManagedSseEnabled") is not True:
            yield f"{name}: not encrypted"
        if "QueueName" in queue["Properties"]:
            yield f"{name}: has a fixed name"
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}, "maxReceiveCount": _MAX_RECEIVES}
    expected: dict[str, dict[str, Any]] = {
        "JobQueue": {
            "VisibilityTimeout": _VISIBILITY_PER_TIMEOUT * _TIMEOUT_SECONDS,
            "MessageRetentionPeriod": 4 * _DAY,
            "RedrivePolicy": redrive,
        },
        "DeadLetterQueue": {"MessageRetentionPeriod": 14 * _DAY},
    }
    for name, properties in expected.items():
        yield from _compare(name, get_properties(template, name), properties)


def check_worker(template: Template) -> Iterator[str]:
    """Check the handler and the timeout of the worker, and that Lambda does not stop a long chain of messages."""
    expected = {
        "ImageConfig": {"Command": ["app.worker_handler.handler"]},
        "Timeout": _TIMEOUT_SECONDS,
        "RecursiveLoop": "Allow",
    }
    yield from _compare("WorkerLambdaFunction", get_properties(template, "WorkerLambdaFunction"), expected)
    if not DEADLINE_SECONDS < _TIMEOUT_SECONDS:
        yield "WorkerLambdaFunction: the timeout is not above the deadline of a job"


def check_event_source_mapping(template: Template) -> Iterator[str]:
    """Check that the queue invokes the worker with one message at a time, and at most twice at the same time."""
    mappings = [resource["Properties"] for _, resource in find_resources(template, "AWS::Lambda::EventSourceMapping")]
    ends = [(get_reference(each["EventSourceArn"]), get_reference(each["FunctionName"])) for each in mappings]
    if ends != [("JobQueueArn", "WorkerLambdaFunction")]:
        yield f"mappings: {ends}"
    for mapping in mappings:
        yield from _compare("mapping", mapping, _MAPPING)


def check_schedules(template: Template) -> Iterator[str]:
    """Check that the rules invoke the sweep at the interval of the worker process, and the heartbeat every minute."""
    sweep_rate = f"rate({SWEEP_INTERVAL_SECONDS / 60:.0f} minutes)"
    expected = [
        (sweep_rate, "ENABLED", [("WorkerLambdaFunction", SWEEP_EVENT)]),
        ("rate(1 minute)", "ENABLED", [("WorkerLambdaFunction", HEARTBEAT_EVENT)]),
    ]
    found = []
    for _, resource in find_resources(template, "AWS::Events::Rule"):
        rule = resource["Properties"]
        targets = [(get_reference(each["Arn"]), json.loads(each.get("Input", "null"))) for each in rule["Targets"]]
        found.append((rule.get("ScheduleExpression"), rule.get("State"), targets))
    if found != expected:
        yield f"rules: {found}"


def check_heartbeat(template: Template) -> Iterator[str]:
    """Check that the heartbeat calls the public URL of this stage's API, and logs in with the generated secret."""
    url = "https://${ApiGatewayRestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
    variables = get_properties(template, "WorkerLambdaFunction").get("Environment", {}).get("Variables", {})
    urls = ["HasDomainName", {"Fn::Sub": "https://${DomainName}"}, {"Fn::Sub": url}]
    expected = {"HEARTBEAT_URL": {"Fn::If": urls}, "HEARTBEAT_SECRET_ARN": {"Ref": "HeartbeatSecret"}}
    yield from _compare("WorkerLambdaFunction", variables, expected)
    generator = get_properties(template, "HeartbeatSecret").get("GenerateSecretString", {})
    if generator.get("GenerateStringKey") != "password" or json.loads(generator.get("SecretStringTemplate", "0")) != {}:
        yield f"HeartbeatSecret: {generator}"


def _compare(name: str, properties: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    """Yield a violation for each property that has another value."""
    for key, value in expected.items():
        if properties.get(key) != value:
            yield f"{name}: {key} is {properties.get(key)}"
