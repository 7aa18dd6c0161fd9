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

from app.main import create_app
from app.observability import metrics
from app.observability.json_logging import JsonLines
from testkit.doubles import SETTINGS

ALWAYS = {
    "Requests": "Count",
    "Latency": "Milliseconds",
    "ServerErrors": "Count",
    "ColdStarts": "Count",
    "CognitoErrors": "Count",
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
    return metrics.document(values, "test", time.time())


class TestDocument:
    def test_it_is_valid(self) -> None:
        values = metrics.of_request(200, 1.5, 2) | metrics.of_business("login", 200, replayed=False)
        line = _line(values)
        assert assert_valid(line) == ALWAYS | {"Logins": "Count"}
        assert {name: line[name] for name in values} == values

    def test_it_is_in_the_line_of_a_record_that_has_metrics_and_in_no_other(self) -> None:
        formatter = JsonLines("prod")
        with_metrics = formatter.format(logging.makeLogRecord({"metrics": {"Requests": 1}}))
        assert '"Stage":"prod","Requests":1,"_aws":{' in with_metrics
        assert "_aws" not in formatter.format(logging.makeLogRecord({}))

    def test_its_time_is_the_records_in_milliseconds(self) -> None:
        assert metrics.document({}, "test", 1700000000.1239)["_aws"]["Timestamp"] == 1700000000123


class TestOfRequest:
    @pytest.mark.parametrize(("status", "errors"), [(200, 0), (404, 0), (499, 0), (500, 1), (503, 1)])
    def test_what_is_our_fault_is_counted(self, status: int, errors: int) -> None:
        assert metrics.of_request(status, 1.5, 0)["ServerErrors"] == errors

    def test_the_rest_is_what_it_is_told(self) -> None:
        values = metrics.of_request(200, 1.5, 2)
        assert (values["Requests"], values["Latency"], values["CognitoErrors"]) == (1, 1.5, 2)
        assert values.keys() == ALWAYS.keys()

    def test_the_first_of_a_process_is_cold_and_no_other_even_if_many_come_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(metrics, "_cold_starts", chain((1,), repeat(0)))
        with ThreadPoolExecutor(8) as threads:
            cold = threads.map(lambda _: metrics.of_request(200, 1, 0)["ColdStarts"], range(1000))
        assert sum(cold) == 1


class TestOfBusiness:
    @pytest.mark.parametrize(("operation", "status"), metrics.BUSINESS)
    def test_what_happened_is_counted_once(self, operation: str, status: int) -> None:
        assert metrics.of_business(operation, status, replayed=False) == {metrics.BUSINESS[operation, status]: 1}
        assert metrics.of_business(operation, status, replayed=True) == {}
        assert metrics.of_business(operation, 400, replayed=False) == {}

    @pytest.mark.parametrize("operation", [None, "read_health", "list_dwipps", "refresh"])
    def test_nothing_else_is(self, operation: str | None) -> None:
        assert metrics.of_business(operation, 200, replayed=False) == {}

    def test_its_names_are_those_that_are_agreed(self) -> None:
        assert set(metrics.BUSINESS.values()) == BUSINESS

    def test_the_app_has_these_operations_and_they_have_these_answers(self) -> None:
        documented = {
            (operation["operationId"], int(status))
            for path in create_app(SETTINGS).openapi()["paths"].values()
            for operation in path.values()
            for status in operation["responses"]
        }
        assert documented >= metrics.BUSINESS.keys()
