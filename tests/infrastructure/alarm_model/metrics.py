"""Metrics per minute, and their statistics over a period."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil

# The namespace, the name, and the resource in the dimensions if the namespace has several, such as a table.
MetricKey = tuple[str, str, str]
# The samples of a minute: the number of samples by their value.
Samples = Mapping[float, int]


class UnknownMetricError(Exception):
    """The model does not produce this metric, so it cannot say when its alarm fires."""


class MetricStore:
    """The samples of all metrics by minute. A minute without samples has no data.

    Args:
        known: the metrics that the model produces, whether or not there are samples.
    """

    def __init__(self, known: frozenset[MetricKey]) -> None:
        self._known = known
        self._samples: dict[MetricKey, dict[int, Counter[float]]] = {}

    def add(self, key: MetricKey, minute: int, value: float, count: int = 1) -> None:
        """Add a number of samples with this value."""
        if key not in self._known:
            raise UnknownMetricError(key)
        self._samples.setdefault(key, {}).setdefault(minute, Counter())[value] += count

    def get_statistic(self, key: MetricKey, statistic: str, minutes: range) -> float | None:
        """Return a statistic over some minutes. None if they have no samples.

        Raises:
            UnknownMetricError: if the model does not produce the metric.
        """
        if key not in self._known:
            raise UnknownMetricError(key)
        by_minute = self._samples.get(key, {})
        samples: Counter[float] = Counter()
        for minute in minutes:
            if minute in by_minute:
                samples.update(by_minute[minute])
        if not samples:
            return None
        return _STATISTICS[statistic](samples)


def _get_percentile(samples: Samples, percent: float) -> float:
    """Return the smallest sample that is at least as high as this percentage of all samples."""
    rank = ceil(sum(samples.values()) * percent / 100)
    for value in sorted(samples):
        rank -= samples[value]
        if rank <= 0:
            return value
    return max(samples)


_STATISTICS: Mapping[str, Callable[[Samples], float]] = {
    "Sum": lambda samples: sum(value * count for value, count in samples.items()),
    "Maximum": max,
    "p90": lambda samples: _get_percentile(samples, 90),
    "p99": lambda samples: _get_percentile(samples, 99),
}
