"""The model of CloudWatch follows the documented rules for patterns, metric math, missing data and M of N periods."""

from typing import Any

import pytest

from tests.infrastructure.alarm_model.alarms import Alarm
from tests.infrastructure.alarm_model.filter_patterns import PatternError, parse_pattern
from tests.infrastructure.alarm_model.metric_math import MathError, evaluate
from tests.infrastructure.alarm_model.metrics import MetricStore, UnknownMetricError

KEY = ("Dwipper", "Errors", "")


def _make_alarm(**properties: Any) -> Alarm:
    defaults = {
        "Namespace": "Dwipper",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "EvaluationPeriods": 3,
        "TreatMissingData": "notBreaching",
    }
    return Alarm.from_resource("TheAlarm", defaults | properties)


def _make_store(*values: float | None) -> MetricStore:
    store = MetricStore(frozenset({KEY}))
    for minute, value in enumerate(values):
        if value is not None:
            store.add(KEY, minute, value)
    return store


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.error = "THROTTLED" }', ["throttled"]),
        ('{ $.resource = "/v1/*" }', ["throttled", "login"]),
        ('{ $.resource = "/v1/*" && $.resource != "/v1/auth/*" }', ["throttled"]),
        ('{ $.status = "5*" || $.error = "THROTTLED" }', ["throttled", "health"]),
        ('{ $.missing != "x" }', []),
    ],
)
def test_pattern_matches_lines(pattern: str, expected: list[str]) -> None:
    lines = {
        "throttled": {"resource": "/v1/{proxy+}", "status": "429", "error": "THROTTLED"},
        "login": {"resource": "/v1/auth/{proxy+}", "status": "200", "error": "-"},
        "health": {"resource": "/{proxy+}", "status": "503", "error": "-"},
    }
    matches = parse_pattern(pattern)
    assert [name for name, line in lines.items() if matches(line)] == expected


@pytest.mark.parametrize(
    "pattern",
    ["", "error", '{ $.a = "1" && $.b = "2" || $.c = "3" }', '{ ($.a = "1") }', "{ $.a > 1 }", '{ $.a = "[x]" }'],
)
def test_other_pattern_is_rejected(pattern: str) -> None:
    with pytest.raises(PatternError):
        parse_pattern(pattern)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("errors", 3),
        ("IF(errors > 2, 100 * errors / requests, 0)", 30),
        ("IF(errors > 3, 100 * errors / requests, 0)", 0),
        ("IF(requests > 250, 1, IF(requests > 9, 2, 0))", 2),
        ("SUM(FILL(METRICS(), 0))", 13),
        ("SUM(METRICS())", 13),
        ("errors / nothing", None),
        ("errors / (requests - 10)", None),
        ("IF(nothing > 1, 1, 0)", None),
        ("IF(errors > 2, 1, nothing)", 1),
    ],
)
def test_expression_has_its_value(expression: str, value: float | None) -> None:
    assert evaluate(expression, {"errors": 3, "requests": 10, "nothing": None}) == value


@pytest.mark.parametrize("expression", ["AVG(METRICS())", "METRICS()", "-errors"])
def test_other_expression_is_rejected(expression: str) -> None:
    with pytest.raises(MathError):
        evaluate(expression, {"errors": 3})


@pytest.mark.parametrize(
    ("values", "datapoints", "missing", "is_raised"),
    [
        ((1, 1, 1), 3, "notBreaching", True),
        ((1, 0, 1), 3, "notBreaching", False),
        ((1, 0, 1), 2, "notBreaching", True),
        ((1, None, 1), 3, "notBreaching", False),
        ((1, None, 1), 3, "breaching", True),
        ((None, None, None), 3, "breaching", True),
        ((None, None, None), 3, "missing", False),
        ((1, None, 1), 2, "missing", True),
    ],
)
def test_alarm_is_raised_by_m_of_n_breaching_periods(
    values: tuple[float | None, ...], datapoints: int, missing: str, is_raised: bool
) -> None:
    alarm = _make_alarm(DatapointsToAlarm=datapoints, TreatMissingData=missing)
    assert alarm.is_raised(_make_store(*values), 2) is is_raised


def test_period_begins_at_a_multiple_of_its_length() -> None:
    alarm = _make_alarm(Period=300, EvaluationPeriods=1)
    store = _make_store(*[None] * 7, 1)
    assert list(alarm.find_raised(store, range(20))) == [9]


@pytest.mark.parametrize(("statistic", "value"), [("Sum", 1110), ("Maximum", 1000), ("p90", 10), ("p99", 1000)])
def test_statistic_counts_all_samples_of_a_period(statistic: str, value: float) -> None:
    store = _make_store(1000)
    store.add(KEY, 1, 10, 11)
    assert store.get_statistic(KEY, statistic, range(2)) == value
    assert store.get_statistic(KEY, statistic, range(5, 9)) is None


def test_metric_that_the_model_does_not_produce_is_an_error() -> None:
    with pytest.raises(UnknownMetricError):
        _make_alarm(MetricName="Others").is_raised(_make_store(1), 1)
