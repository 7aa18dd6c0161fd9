"""What is counted goes by names that alarms know, and in a form that CloudWatch reads.

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
from testkit.business_metrics import declared_metrics

ALWAYS = {
    "Requests": "Count",
    "Latency": "Milliseconds",
    "ServerErrors": "Count",
    "ColdStarts": "Count",
    "CognitoErrors": "Count",
}
OPERATIONS = {
    *("register", "confirm", "login", "token", "create_dwipp", "delete_me"),
    *("toggle_upvote", "set_upvote", "clear_upvote", "toggle_favorite", "set_favorite", "clear_favorite"),
}
BUSINESS = {"Registrations", "Confirmations", "Logins", "DwippsWritten", "Reactions", "AccountsDeleted"}


def assert_valid(line: Mapping[str, Any]) -> dict[str, str]:
    """Hold a line against the specification; gives the units of the metrics in it."""
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


def _line(values: Mapping[str, float]) -> dict[str, Any]:
    return metrics.emf_document(values, "test", time.time())


class TestDocument:
    def test_it_is_valid(self) -> None:
        values = metrics.request_metrics(200, 1.5, 2) | {"Logins": 1}
        line = _line(values)
        assert assert_valid(line) == ALWAYS | {"Logins": "Count"}
        assert {name: line[name] for name in values} == values

    def test_it_is_in_the_line_of_a_record_that_has_metrics_and_in_no_other(self) -> None:
        formatter = JsonFormatter("prod")
        with_metrics = formatter.format(logging.makeLogRecord({"metrics": {"Requests": 1}}))
        assert '"Stage":"prod","Requests":1,"_aws":{' in with_metrics
        assert "_aws" not in formatter.format(logging.makeLogRecord({}))

    def test_its_time_is_the_records_in_milliseconds(self) -> None:
        assert metrics.emf_document({}, "test", 1700000000.1239)["_aws"]["Timestamp"] == 1700000000123


class TestOfRequest:
    @pytest.mark.parametrize(("status", "errors"), [(200, 0), (404, 0), (499, 0), (500, 1), (503, 1)])
    def test_what_is_our_fault_is_counted(self, status: int, errors: int) -> None:
        assert metrics.request_metrics(status, 1.5, 0)["ServerErrors"] == errors

    def test_the_rest_is_what_it_is_told(self) -> None:
        values = metrics.request_metrics(200, 1.5, 2)
        assert (values["Requests"], values["Latency"], values["CognitoErrors"]) == (1, 1.5, 2)
        assert values.keys() == ALWAYS.keys()

    def test_the_first_of_a_process_is_cold_and_no_other_even_if_many_come_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metrics, "_cold_starts", chain((1,), repeat(0)))
        with ThreadPoolExecutor(8) as threads:
            cold = threads.map(lambda _: metrics.request_metrics(200, 1, 0)["ColdStarts"], range(1000))
        assert sum(cold) == 1


class TestCountedAs:
    def test_an_endpoint_has_the_metric_it_is_counted_as(self) -> None:
        @metrics.counted_as("Logins")
        def endpoint() -> None: ...

        assert metrics.business_metric(endpoint) == "Logins"
        assert metrics.business_metric(in_threadpool(endpoint)) == "Logins"

    def test_other_endpoints_have_none(self) -> None:
        assert metrics.business_metric(lambda: None) is None

    def test_the_routes_declare_the_agreed_metrics(self) -> None:
        assert set(declared_metrics().values()) == BUSINESS
        assert declared_metrics().keys() == OPERATIONS
