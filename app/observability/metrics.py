"""What is counted of every request, by the names that alarms and dashboards know; imports nothing of Dwipper.

The numbers travel in the request's own line: CloudWatch reads its log for them, so nothing is called and nothing waits.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any

NAMESPACE = "Dwipper"

# What happened, by the operation and the status that says so. A metric of these is on the lines where it happened.
BUSINESS: Mapping[tuple[str, int], str] = {
    ("register", 202): "Registrations",
    ("confirm", 204): "Confirmations",
    ("login", 200): "Logins",
    ("token", 200): "Logins",
    ("create_dwipp", 201): "DwippsWritten",
    ("toggle_upvote", 200): "Reactions",
    ("set_upvote", 200): "Reactions",
    ("clear_upvote", 200): "Reactions",
    ("toggle_favorite", 200): "Reactions",
    ("set_favorite", 200): "Reactions",
    ("clear_favorite", 200): "Reactions",
    ("delete_me", 204): "AccountsDeleted",
}
_MILLISECONDS = frozenset({"Latency"})

# One for the process's first request, nothing for all others; `next` is safe between threads.
_cold_starts = chain((1,), repeat(0))


def of_request(status: int, milliseconds: float, cognito_errors: int) -> dict[str, float]:
    """What is counted of every request; to be called once for each, since it tells the process's first."""
    return {
        "Requests": 1,
        "Latency": milliseconds,
        "ServerErrors": int(status >= 500),
        "ColdStarts": next(_cold_starts),
        "CognitoErrors": cognito_errors,
    }


def of_business(operation: str | None, status: int, *, replayed: bool) -> dict[str, float]:
    """What happened to Dwipper by this request; nothing where an earlier one's answer was given again."""
    name = BUSINESS.get((operation or "", status))
    return {name: 1} if name and not replayed else {}


def document(values: Mapping[str, float], stage: str, seconds: float) -> dict[str, Any]:
    """The members by which a line is a document of CloudWatch's Embedded Metric Format.

    Args:
        values: the metrics, by name.
        stage: the one dimension, so that each metric is one series a stage.
        seconds: when it was, since 1970.
    """
    metrics = [{"Name": name, "Unit": "Milliseconds" if name in _MILLISECONDS else "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics}
    return {
        "Stage": stage,
        **values,
        "_aws": {"Timestamp": int(seconds * 1000), "CloudWatchMetrics": [directive]},
    }
