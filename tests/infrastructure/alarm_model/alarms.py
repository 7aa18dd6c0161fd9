"""The alarms of a template, and their states over time.

A period is a number of whole minutes. An alarm changes its state at the end of a period, from the last N periods:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.infrastructure.alarm_model.metric_math import evaluate
from tests.infrastructure.alarm_model.metrics import MetricKey, MetricStore
from tests.infrastructure.rules.resources import Template, find_resources, get_reference

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
# The dimensions that tell apart the metrics of a namespace. All others are the same in all alarms.
_SUBJECTS = {"AWS/Lambda": ("FunctionName",), "AWS/DynamoDB": ("TableName", "GlobalSecondaryIndexName")}


@dataclass(frozen=True, slots=True)
class _Query:
    key: MetricKey
    statistic: str


@dataclass(frozen=True)
class Alarm:
    """An alarm.

    Attributes:
        name: its logical id.
        period_minutes: the period of its metrics.
    """

    name: str
    period_minutes: int
    _queries: Mapping[str, _Query]
    _expression: str
    _properties: Mapping[str, Any]

    @classmethod
    def from_resource(cls, name: str, properties: Mapping[str, Any]) -> "Alarm":
        """Return the alarm of a resource in a template."""
        if "Metrics" not in properties:
            query = _Query(_to_key(properties), properties["Statistic"])
            return cls(name, properties["Period"] // 60, {"metric": query}, "metric", properties)
        stats = {each["Id"]: each["MetricStat"] for each in properties["Metrics"] if "MetricStat" in each}
        (expression,) = (each["Expression"] for each in properties["Metrics"] if "Expression" in each)
        (period,) = {each["Period"] for each in stats.values()}
        queries = {id_: _Query(_to_key(each["Metric"]), each["Stat"]) for id_, each in stats.items()}
        return cls(name, period // 60, queries, expression, properties)

    def is_raised(self, store: MetricStore, minute: int) -> bool:
        """Return True if the state is ALARM, evaluated at the end of the period that ends with this minute."""
        periods = int(self._properties["EvaluationPeriods"])
        outcomes = [self._is_breaching(store, minute - number * self.period_minutes) for number in range(periods)]
        return sum(outcomes) >= int(self._properties.get("DatapointsToAlarm", periods))

    def find_raised(self, store: MetricStore, minutes: range, offset: int = 0) -> Iterator[int]:
        """Yield the minutes in which the alarm is raised, evaluated once in each period.

        Args:
            store: the metrics.
            minutes: the minutes of the evaluation.
            offset: the number of minutes by which the periods are shifted against the full hour.
        """
        for minute in minutes:
            if (minute + 1 - offset) % self.period_minutes == 0 and self.is_raised(store, minute):
                yield minute

    def _is_breaching(self, store: MetricStore, last: int) -> bool:
        minutes = range(last - self.period_minutes + 1, last + 1)
        values = {id_: store.get_statistic(query.key, query.statistic, minutes) for id_, query in self._queries.items()}
        value = evaluate(self._expression, values)
        if value is None:
            return bool(self._properties["TreatMissingData"] == "breaching")
        return _COMPARISONS[self._properties["ComparisonOperator"]](value, self._properties["Threshold"])


def load_alarms(template: Template) -> list[Alarm]:
    """Return the alarms of a template."""
    return [
        Alarm.from_resource(name, resource["Properties"])
        for name, resource in find_resources(template, "AWS::CloudWatch::Alarm")
    ]


def _to_key(metric: Mapping[str, Any]) -> MetricKey:
    namespace, name = metric["Namespace"], metric["MetricName"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
    subjects = [dimensions[each] for each in _SUBJECTS.get(namespace, ()) if each in dimensions]
    subject = "/".join(get_reference(each) or str(each) for each in subjects)
    text = name["Fn::Sub"] if isinstance(name, dict) else name
    return namespace, text.removesuffix("-${Stage}"), subject
