"""The synthetic traffic of a site, and the metrics that it makes.

Assumptions, beside those of benchmarks/workload.py, which has the requests of a member:

- A member requests 0.002 mails a day: in a month, 5% of the members are new, and 1% forget their password.
- The traffic of an hour is between 10% of the mean, at three in the night, and 190%, at three in the afternoon.
- The heartbeat sends three requests a minute: its own member has been created.
- Of all requests, 0.05% fail with 503, and 0.5% take 3.5 seconds for a cold start. Of those with a token, 2% have an
  expired one. One heartbeat in 300 fails. A call to DynamoDB is throttled for one request in 10,000, and repeated.
- Six times a day, the firewall blocks 40 requests of one address within a minute. Once a day, 50 requests exceed a
  limit of the stage.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from benchmarks.workload import LOG_IN, Workload
from tests.infrastructure.alarm_model.metrics import MetricKey, MetricStore

DAY = 24 * 60
_MAILS_PER_DAY = 0.002
_ERROR_SHARE, _COLD_SHARE, _EXPIRED_SHARE, _RETRIED_SHARE, _MISSED_BEATS = 0.0005, 0.005, 0.02, 0.0001, 1 / 300
_WRITES = ("upvote", "favorite", "create", "create with a key", "edit", "delete")
_HEARTBEAT_TIMEOUT_MS = 5000
_MAX_KNUTH = 30

FEED = "DwippsTable/feed"
API, WORKER = "ApiLambdaFunction", "WorkerLambdaFunction"


@dataclass(frozen=True)
class Outcome:
    """A kind of request, and its outcome. The defaults are a success.

    Attributes:
        kind: health, login, mail, read or write.
        status: the status of the response.
        error: the type of the gateway response, as in the access log. `-` if the response is the app's.
        milliseconds: the latency.
        cognito_errors: the failed calls to Cognito.
        unsent_mails: the mails that were not sent.
        throttles: the throttled reads of each table or index.
        function_metric: the metric of Lambda that counts the request, Errors or Throttles.
        is_blocked: True if the firewall blocked the request.
    """

    kind: str
    status: int = 200
    error: str = "-"
    milliseconds: float = 50
    cognito_errors: int = 0
    unsent_mails: int = 0
    throttles: Mapping[str, int] = field(default_factory=dict)
    function_metric: str = ""
    is_blocked: bool = False

    @property
    def line(self) -> Mapping[str, str]:
        """Return the fields of the access log that patterns use. The resources are those of serverless.yml."""
        resources = {"health": "/{proxy+}", "login": "/v1/auth/{proxy+}", "mail": "/v1/auth/{proxy+}"}
        method = "GET" if self.kind in ("health", "read") else "POST"
        resource = resources.get(self.kind, "/v1/{proxy+}")
        return {"resource": resource, "method": method, "status": str(self.status), "error": self.error}


# Returns the outcome of a request during an outage. None if the request does not reach the stage.
Outage = Callable[[Outcome], Outcome | None]
# Says whether a line of the access log counts in a metric, by the name of the metric.
Filters = Mapping[str, Callable[[Mapping[str, str]], bool]]


def list_known_metrics(filters: Filters, tables: tuple[str, ...]) -> frozenset[MetricKey]:
    """Return the metrics that the model produces."""
    gateway = {("AWS/ApiGateway", name, "") for name in ("Count", "5XXError", "Latency")}
    functions = {("AWS/Lambda", name, function) for name in ("Errors", "Throttles") for function in (API, WORKER)}
    throttles = {("AWS/DynamoDB", f"{kind}ThrottleEvents", table) for kind in ("Read", "Write") for table in tables}
    app = ("CognitoErrors", "UnsentMails", "Heartbeats", "HeartbeatLogins", "JobFailures", *filters)
    queues = {("AWS/SQS", f"Approximate{name}", "") for name in ("AgeOfOldestMessage", "NumberOfMessagesVisible")}
    mails = {("AWS/SES", f"Reputation.{name}Rate", "") for name in ("Bounce", "Complaint")}
    return frozenset(
        {*gateway, *functions, *throttles, *queues, *mails, ("AWS/WAFV2", "BlockedRequests", "")}
        | {("Dwipper", name, "") for name in app}
    )


class Site:
    """A site with a number of members, whose traffic fills a store of metrics.

    Args:
        members: the number of members.
        store: the store.
        filters: the metric filters.
        seed: the seed of all random numbers.
    """

    def __init__(self, members: float, store: MetricStore, filters: Filters, seed: int) -> None:
        calls = Workload().count_monthly_requests(members)
        writes = sum(calls[name] for name in _WRITES) / 30
        logins = calls[LOG_IN] / 30
        reads = sum(calls.values()) / 30 - writes - logins
        self._daily = {"read": reads, "write": writes, "login": logins, "mail": members * _MAILS_PER_DAY}
        self._store = store
        self._filters = filters
        self._random = random.Random(seed)  # noqa: S311 -- no secret

    def run(self, minutes: range, outage: Outage = lambda outcome: outcome, *, has_noise: bool = True) -> None:
        """Add the metrics of some minutes, in which an outage changes the outcomes."""
        for minute in minutes:
            for kind, daily in self._daily.items():
                count = self._draw(daily / DAY * _get_weight(minute))
                for outcome, number in self._vary(Outcome(kind), count if has_noise else 0, count):
                    self.add(minute, outage(outcome), number)
            if has_noise:
                self._add_noise(minute)

    def beat(self, minutes: range, outage: Outage = lambda outcome: outcome, *, has_member: bool = True) -> None:
        """Add the heartbeats of some minutes, with their three requests."""
        for minute in minutes:
            is_missed = self._random.random() < _MISSED_BEATS
            outcomes = {kind: outage(Outcome(kind)) for kind in ("health", "login", "read")[: 3 if has_member else 1]}
            for outcome in outcomes.values():
                self.add(minute, outcome)
            is_healthy = not is_missed and _is_success(outcomes["health"])
            self._store.add(("Dwipper", "Heartbeats", ""), minute, int(is_healthy))
            if has_member:
                has_logged_in = not is_missed and all(_is_success(outcomes[kind]) for kind in ("login", "read"))
                self._store.add(("Dwipper", "HeartbeatLogins", ""), minute, int(has_logged_in))

    def add(self, minute: int, outcome: Outcome | None, count: int = 1) -> None:
        """Add the metrics of a number of requests with the same outcome."""
        if outcome is None or not count:
            return
        add = self._store.add
        add(("AWS/ApiGateway", "Count", ""), minute, 1, count)
        add(("AWS/ApiGateway", "5XXError", ""), minute, int(outcome.status >= 500), count)
        add(("AWS/ApiGateway", "Latency", ""), minute, outcome.milliseconds, count)
        for name, matches in self._filters.items():
            add(("Dwipper", name, ""), minute, int(matches(outcome.line)), count)
        if outcome.is_blocked:
            add(("AWS/WAFV2", "BlockedRequests", ""), minute, 1, count)
        for name in ("Errors", "Throttles"):
            add(("AWS/Lambda", name, API), minute, int(outcome.function_metric == name), count)
        add(("Dwipper", "CognitoErrors", ""), minute, outcome.cognito_errors, count)
        if outcome.unsent_mails:
            add(("Dwipper", "UnsentMails", ""), minute, outcome.unsent_mails, count)
        for table, number in outcome.throttles.items():
            add(("AWS/DynamoDB", "ReadThrottleEvents", table), minute, number, count)

    def _vary(self, outcome: Outcome, varied: int, count: int) -> Iterator[tuple[Outcome, int]]:
        """Yield a number of requests with this outcome, and the ordinary errors among them."""
        expired = replace(outcome, status=401, error="UNAUTHORIZED") if outcome.kind in ("read", "write") else outcome
        variants = (
            (replace(outcome, status=503), _ERROR_SHARE),
            (replace(outcome, milliseconds=3500), _COLD_SHARE),
            (expired, _EXPIRED_SHARE),
            (replace(outcome, throttles={FEED: 1}), _RETRIED_SHARE),
        )
        for variant, share in variants:
            number = min(count, self._draw(varied * share))
            count -= number
            yield variant, number
        yield outcome, count

    def _add_noise(self, minute: int) -> None:
        if minute % 240 == 17:
            self.add(minute, Outcome("login", 429, "WAF_FILTERED", is_blocked=True), 40)
        if minute % DAY == 901:
            self.add(minute, Outcome("read", 429, "THROTTLED"), 50)

    def _draw(self, mean: float) -> int:
        """Return a random number with the distribution of Poisson."""
        if mean > _MAX_KNUTH:
            return max(0, round(self._random.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count


def _get_weight(minute: int) -> float:
    """Return the traffic of a minute of the day, as a multiple of the mean."""
    return 1 - 0.9 * math.cos(2 * math.pi * (minute / 60 - 3) / 24)


def _is_success(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.status < 300 and outcome.milliseconds < _HEARTBEAT_TIMEOUT_MS
