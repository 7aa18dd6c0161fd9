"""Metrics have the names that alarms use, in the embedded metric format (EMF) of CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any

import pytest

from app.observability import metrics
from app.observability.json_logging import JsonFormatter
from app.web.threadpool import in_threadpool
from testkit.business_metrics import list_business_metrics

REQUEST_METRICS = {
    "Requests": "Count",
    "Latency": "Milliseconds",
    "ServerErrors": "Count",
    "ColdStarts": "Count",
    "CognitoErrors": "Count",
}
# The business metric of each counted operation.
BUSINESS_METRICS = {
    "register": "Registrations",
    "confirm": "Confirmations",
    "login": "Logins",
    "token": "Logins",
    "create_dwipp": "DwippsWritten",
    "toggle_upvote": "Reactions",
    "set_upvote": "Reactions",
    "clear_upvote": "Reactions",
    "toggle_favorite": "Reactions",
    "set_favorite": "Reactions",
    "clear_favorite": "Reactions",
}


def assert_valid_emf(line: Mapping[str, Any]) -> dict[str, str]:
    """Assert that a line follows the specification of EMF. Return the units of its metrics by name."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 3600
    assert isinstance(line["_aws"]["Timestamp"], int)
    assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
    assert directive["Namespace"] == "Dwipper"
    assert directive["Dimensions"] == [["Stage"]]
    assert isinstance(line["Stage"], str)
    assert line["Stage"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert len(units) == len(directive["Metrics"]) <= 100
    assert all(type(line[name]) in (int, float) for name in units)
    return units


def _make_line(values: Mapping[str, float]) -> dict[str, Any]:
    return metrics.emf_document(values, "test", time.time())


class TestEmfDocument:
    def test_document_is_valid(self) -> None:
        values = metrics.request_metrics(200, 1.5, 2) | {"Logins": 1}
        line = _make_line(values)
        assert assert_valid_emf(line) == REQUEST_METRICS | {"Logins": "Count"}
        assert {name: line[name] for name in values} == values

    def test_only_records_with_metrics_have_a_document(self) -> None:
        formatter = JsonFormatter("prod")
        with_metrics = formatter.format(logging.makeLogRecord({"metrics": {"Requests": 1}}))
        assert '"Stage":"prod","Requests":1,"_aws":{' in with_metrics
        assert "_aws" not in formatter.format(logging.makeLogRecord({}))

    def test_timestamp_is_in_milliseconds(self) -> None:
        assert metrics.emf_document({}, "test", 1700000000.1239)["_aws"]["Timestamp"] == 1700000000123


class TestRequestMetrics:
    @pytest.mark.parametrize(("status", "errors"), [(200, 0), (404, 0), (499, 0), (500, 1), (503, 1)])
    def test_statuses_from_500_are_server_errors(self, status: int, errors: int) -> None:
        assert metrics.request_metrics(status, 1.5, 0)["ServerErrors"] == errors

    def test_values_are_passed_through(self) -> None:
        values = metrics.request_metrics(200, 1.5, 2)
        assert (values["Requests"], values["Latency"], values["CognitoErrors"]) == (1, 1.5, 2)
        assert values.keys() == REQUEST_METRICS.keys()

    def test_exactly_one_concurrent_request_is_a_cold_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics, "_cold_starts", chain((1,), repeat(0)))
        with ThreadPoolExecutor(8) as threads:
            cold_starts = threads.map(lambda _: metrics.request_metrics(200, 1, 0)["ColdStarts"], range(1000))
        assert sum(cold_starts) == 1


class TestJobMetrics:
    @pytest.mark.parametrize(("has_failed", "failures"), [(False, 0), (True, 1)])
    def test_each_message_counts_once(self, has_failed: bool, failures: int) -> None:
        values = metrics.job_metrics(has_failed=has_failed, revived=0, cognito_errors=2)
        assert values == {"Jobs": 1, "JobFailures": failures, "JobsRevived": 0, "CognitoErrors": 2}

    def test_sweep_counts_the_revived_jobs(self) -> None:
        assert metrics.job_metrics(has_failed=False, revived=3, cognito_errors=0)["JobsRevived"] == 3

    def test_document_is_valid(self) -> None:
        values = metrics.job_metrics(has_failed=True, revived=2, cognito_errors=1)
        assert assert_valid_emf(_make_line(values)) == dict.fromkeys(values, "Count")


class TestCountedAs:
    def test_counted_endpoint_has_its_metric(self) -> None:
        @metrics.counted_as("Logins")
        def endpoint() -> None: ...

        assert metrics.business_metric(endpoint) == "Logins"
        assert metrics.business_metric(in_threadpool(endpoint)) == "Logins"

    def test_other_endpoints_have_no_metric(self) -> None:
        assert metrics.business_metric(lambda: None) is None

    def test_each_operation_counts_in_its_business_metric(self) -> None:
        assert list_business_metrics() == BUSINESS_METRICS, (
            "The decorators `counted_as` of the routes differ from BUSINESS_METRICS. If that is intended, change"
            " BUSINESS_METRICS here, and show a new metric in deploy/dashboard.yml."
        )
