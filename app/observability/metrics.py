"""The metrics of each request, by the names that alarms and dashboards use. Imports nothing of Dwipper.

The numbers travel in the request's log line and CloudWatch extracts them. So no call is made and no request waits.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
from collections.abc import Callable, Mapping
from itertools import chain, repeat
from typing import Any, TypeVar

NAMESPACE = "Dwipper"

# The mails with a code that were not sent. Only the lines of such requests have it, so that the others stay short.
UNSENT_MAILS = "UnsentMails"

_UNITS = {"Latency": "Milliseconds"}
_ATTRIBUTE = "business_metric"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

# Lambda starts a process without a waiting request if this variable names anything but `on-demand`.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
REQUEST_WAITS_FOR_START = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"
# 1 for the first request of a process that waited for its start, 0 for all others. `next` is atomic, so threads can
# share it.
_cold_starts = chain((int(REQUEST_WAITS_FOR_START),), repeat(0))


def counted_as(name: str) -> Callable[[Endpoint], Endpoint]:
    """Count each success of an endpoint in the business metric of this name.

    A success is a response with the route's own status code that is no replay of an earlier response.
    """

    def decorate(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, name)
        return endpoint

    return decorate


def business_metric(endpoint: Any) -> str | None:
    """Return the name that `counted_as` gave the endpoint. None if there is none."""
    return getattr(endpoint, _ATTRIBUTE, None)


def request_metrics(status: int, milliseconds: float, cognito_errors: int) -> dict[str, float]:
    """Return the metrics of one request. Call this exactly once for each, since it detects the cold start."""
    return {
        "Requests": 1,
        "Latency": milliseconds,
        "ServerErrors": int(status >= 500),
        "ColdStarts": next(_cold_starts),
        "CognitoErrors": cognito_errors,
    }


def job_metrics(*, has_failed: bool, revived: int, cognito_errors: int) -> dict[str, float]:
    """Return the metrics of one message or one sweep. `revived` is the number of messages that a sweep sent."""
    return {
        "Jobs": 1,
        "JobFailures": int(has_failed),
        "JobsRevived": revived,
        "CognitoErrors": cognito_errors,
    }


def heartbeat_metrics(*, is_healthy: bool, has_logged_in: bool | None) -> dict[str, float]:
    """Return the metrics of one beat. `has_logged_in` is None if the heartbeat has no member yet."""
    logins = {} if has_logged_in is None else {"HeartbeatLogins": int(has_logged_in)}
    return {"Heartbeats": int(is_healthy), **logins}


def emf_document(values: Mapping[str, float], stage: str, timestamp: float) -> dict[str, Any]:
    """Return the members that make a log line a document in CloudWatch's Embedded Metric Format.

    Args:
        values: the metrics by name.
        stage: the only dimension, so that each metric is one series per stage.
        timestamp: seconds since 1970.
    """
    metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics}
    return {
        "Stage": stage,
        **values,
        "_aws": {"Timestamp": int(timestamp * 1000), "CloudWatchMetrics": [directive]},
    }
