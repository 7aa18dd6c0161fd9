"""The bill of a month, and of a million calls, for one of the compared designs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from benchmarks import deployment, prices
from benchmarks.usage import DesignModel, StoredBytes, Unsupported, Usage
from benchmarks.workload import RESPONSE_BYTES, Workload

MILLION = 1e6
_BISECTIONS = 50
_Calls = Sequence[tuple[float, Usage]]  # For each operation, the number of calls and the usage of one.


@dataclass(frozen=True, slots=True)
class Bill:
    """The dollars of a month.

    Attributes:
        dollars: by service, without Cognito.
        cognito: the dollars for Cognito. They are the same for all designs, and exceed all other dollars at most sizes.
        refused_share: the highest share of permanently refused calls that any operation has, 0 to 1.
    """

    dollars: Mapping[str, float]
    cognito: float
    refused_share: float

    @property
    def total(self) -> float:
        """Return the sum without Cognito."""
        return sum(self.dollars.values())


def bill_million_calls(usage: Usage) -> Mapping[str, float]:
    """Return the dollars for a million calls, by service.

    The prices are those of the first tiers. The share of traced calls is that of a busy site.
    """
    calls = [(MILLION, usage)]
    return {
        "DynamoDB": _bill_units(calls),
        "Lambda": _bill_function(calls),
        "API Gateway": prices.REST_REQUESTS.calculate(MILLION),
        "CloudWatch": _bill_log(MILLION) + prices.TRACES.calculate(MILLION * deployment.TRACED_SHARE),
    }


def bill_month(model: DesignModel, members: float, workload: Workload) -> Bill | Unsupported:
    """Return the bill of a site with this number of members, or Unsupported if the design does not work at its size."""
    calls, sent_bytes = [], 0.0
    for operation, count in workload.count_monthly_requests(members).items():
        usage = model.estimate_usage(operation, members)
        if isinstance(usage, Unsupported):
            return Unsupported(f"for a {operation} {usage.reason}")
        calls.append((count, usage))
        sent_bytes += count * RESPONSE_BYTES[operation]
    cognito = prices.COGNITO_LITE.calculate(workload.count_active_members(members))
    refused_share = max(usage.refused_share for _, usage in calls)
    return Bill(_bill_services(calls, sent_bytes, model.estimate_storage(members)), cognito, refused_share)


def find_largest(condition: Callable[[float], bool], minimum: float, maximum: float) -> float | None:
    """Return the largest number of members for which a condition holds, by bisection.

    Args:
        condition: holds for the minimum, and up to some number of members, but for no larger number.
        minimum: the lower bound of the search.
        maximum: the upper bound of the search.

    Returns:
        The number. None if the condition also holds for the maximum.
    """
    if condition(maximum):
        return None
    for _ in range(_BISECTIONS):
        middle = sqrt(minimum * maximum)
        minimum, maximum = (middle, maximum) if condition(middle) else (minimum, middle)
    return minimum


def _bill_services(calls: _Calls, sent_bytes: float, stored: StoredBytes) -> Mapping[str, float]:
    requests = sum(count for count, _ in calls)
    return {
        "Lambda": _bill_function(calls),
        "API Gateway": prices.REST_REQUESTS.calculate(requests),
        "DynamoDB requests": _bill_units(calls),
        "DynamoDB storage": _bill_storage(stored),
        "CloudWatch": _bill_monitoring(requests),
        "WAF": _bill_firewall(requests),
        "Transfer": prices.TRANSFER.calculate(sent_bytes / prices.GB),
    }


def _bill_function(calls: _Calls) -> float:
    requests = sum(count for count, _ in calls)
    gb_seconds = sum(count * deployment.calculate_gb_seconds(usage.milliseconds) for count, usage in calls)
    return prices.LAMBDA_REQUESTS.calculate(requests) + prices.LAMBDA_ARM.calculate(gb_seconds)


def _bill_units(calls: _Calls) -> float:
    write = sum(count * usage.units.write for count, usage in calls)
    read = sum(count * usage.units.read for count, usage in calls)
    return prices.WRITES.calculate(write) + prices.READS.calculate(read)


def _bill_storage(stored: StoredBytes) -> float:
    storage = prices.STORAGE.calculate((stored.tables + stored.indexes) / prices.GB)
    return storage + prices.RECOVERY.calculate(stored.tables / prices.GB)


def _bill_log(requests: float) -> float:
    function = requests * deployment.FUNCTION_LOG_BYTES / prices.GB
    gateway = requests * deployment.GATEWAY_LOG_BYTES / prices.GB
    ingestion = prices.FUNCTION_LOG.calculate(function) + prices.LOG.calculate(gateway)
    return ingestion + prices.LOG_STORAGE.calculate(deployment.calculate_stored_log(function + gateway))


def _bill_monitoring(requests: float) -> float:
    fixed = (
        prices.METRICS.calculate(deployment.CUSTOM_METRICS)
        + prices.ALARM_METRICS.calculate(deployment.ALARM_METRICS)
        + prices.DASHBOARDS.calculate(deployment.DASHBOARDS)
    )
    return fixed + _bill_log(requests) + prices.TRACES.calculate(deployment.count_traced_requests(requests))


def _bill_firewall(requests: float) -> float:
    fixed = prices.WEB_ACLS.calculate(deployment.WEB_ACLS) + prices.WAF_RULES.calculate(deployment.WAF_RULES)
    return fixed + prices.WAF_REQUESTS.calculate(requests)
