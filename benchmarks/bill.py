"""The bill of a month, and of a million calls, for a design that is compared; knows not how it is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from benchmarks import deployment, prices
from benchmarks.work import Design, Stop, Stored, Work
from benchmarks.workload import ANSWER_BYTES, Mix

MILLION = 1e6
_BISECTIONS = 50
_Asked = Sequence[tuple[float, Work]]  # how often, and what each time takes


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars of a month.

    Args:
        dollars: by service.
        cognito: apart, since it is the same for all designs, and more than all the rest at most sizes.
        refused: the largest share of an operation's calls that is refused for good.
    """

    dollars: Mapping[str, float]
    cognito: float
    refused: float

    @property
    def total(self) -> float:
        """All but Cognito's."""
        return sum(self.dollars.values())


def million(work: Work) -> Mapping[str, float]:
    """Dollars for a million calls, by service: at the prices of the first tiers, and what a busy site has traced."""
    asked = [(MILLION, work)]
    return {
        "DynamoDB": _units(asked),
        "Lambda": _function(asked),
        "API Gateway": prices.REST_REQUESTS.of(MILLION),
        "CloudWatch": _log(MILLION) + prices.TRACES.of(MILLION * deployment.SAMPLED),
    }


def month(design: Design, members: float, mix: Mix) -> Bill | Stop:
    """The bill of a site of so many members, or why it does not work at that size."""
    asked, sent = [], 0.0
    for operation, times in mix.requests(members).items():
        work = design.work(operation, members)
        if isinstance(work, Stop):
            return Stop(f"for a {operation} {work.why}")
        asked.append((times, work))
        sent += times * ANSWER_BYTES[operation]
    cognito = prices.COGNITO_LITE.of(mix.active_members(members))
    refused = max(work.refused for _, work in asked)
    return Bill(_dollars(asked, sent, design.stored(members)), cognito, refused)


def largest(holds: Callable[[float], bool], least: float, most: float) -> float | None:
    """The most members up to whom something holds, which does for the least; None where it does for the most too."""
    if holds(most):
        return None
    for _ in range(_BISECTIONS):
        middle = sqrt(least * most)
        least, most = (middle, most) if holds(middle) else (least, middle)
    return least


def _dollars(asked: _Asked, sent: float, stored: Stored) -> Mapping[str, float]:
    requests = sum(times for times, _ in asked)
    return {
        "Lambda": _function(asked),
        "API Gateway": prices.REST_REQUESTS.of(requests),
        "DynamoDB requests": _units(asked),
        "DynamoDB storage": _storage(stored),
        "CloudWatch": _watching(requests),
        "WAF": _firewall(requests),
        "Transfer": prices.TRANSFER.of(sent / prices.GB),
    }


def _function(asked: _Asked) -> float:
    requests = sum(times for times, _ in asked)
    seconds = sum(times * deployment.gigabyte_seconds(work.milliseconds) for times, work in asked)
    return prices.LAMBDA_REQUESTS.of(requests) + prices.LAMBDA_ARM.of(seconds)


def _units(asked: _Asked) -> float:
    written = sum(times * work.units.written for times, work in asked)
    read = sum(times * work.units.read for times, work in asked)
    return prices.WRITES.of(written) + prices.READS.of(read)


def _storage(stored: Stored) -> float:
    kept = prices.STORAGE.of((stored.tables + stored.indexes) / prices.GB)
    return kept + prices.RECOVERY.of(stored.tables / prices.GB)


def _log(requests: float) -> float:
    function = requests * deployment.FUNCTION_LOG_BYTES / prices.GB
    gateway = requests * deployment.GATEWAY_LOG_BYTES / prices.GB
    taken_in = prices.FUNCTION_LOG.of(function) + prices.LOG.of(gateway)
    return taken_in + prices.LOG_STORAGE.of(deployment.stored_log(function + gateway))


def _watching(requests: float) -> float:
    standing = (
        prices.METRICS.of(deployment.CUSTOM_METRICS)
        + prices.ALARM_METRICS.of(deployment.ALARM_METRICS)
        + prices.DASHBOARDS.of(deployment.DASHBOARDS)
    )
    return standing + _log(requests) + prices.TRACES.of(deployment.traces(requests))


def _firewall(requests: float) -> float:
    standing = prices.WEB_ACLS.of(deployment.WEB_ACLS) + prices.WAF_RULES.of(deployment.WAF_RULES)
    return standing + prices.WAF_REQUESTS.of(requests)
