"""The alarms notice each outage of a site with 1,000 members or a million, and raise nothing without one.

A model of CloudWatch (alarm_model) evaluates the packaged template. The assumptions about traffic are in
alarm_model/traffic.py.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testkit.hypothesis_settings import without_deadline
from tests.infrastructure.alarm_model.alarms import Alarm, load_alarms
from tests.infrastructure.alarm_model.filter_patterns import parse_pattern
from tests.infrastructure.alarm_model.metrics import MetricStore
from tests.infrastructure.alarm_model.traffic import (
    DAY,
    FEED,
    WORKER,
    Filters,
    Outage,
    Outcome,
    Site,
    list_known_metrics,
)
from tests.infrastructure.packaging import copy_sources, package
from tests.infrastructure.rules.resources import find_resources, resolve_path

pytestmark = pytest.mark.slow

SIZES = (1e3, 1e4, 1e6)
AFTERNOON, NIGHT = 15 * 60 + 7, 3 * 60 + 7
TABLES = (
    *("DwippsTable", FEED, "DwippsTable/by_author", "ReactionsTable", "ReactionsTable/favorites"),
    *("MembersTable", "SafetyTable"),
)


class Cloud:
    """The alarms, the metric filters and the paths of the template."""

    def __init__(self, template: Any) -> None:
        resources = find_resources(template, "AWS::ApiGateway::Resource")
        self.paths = {resolve_path(template, {"Ref": name}) for name, _ in resources}
        self.alarms = load_alarms(template)
        self.filters: Filters = {
            name: parse_pattern(resource["Properties"]["FilterPattern"])
            for name, resource in find_resources(template, "AWS::Logs::MetricFilter")
        }

    def make_site(self, members: float, seed: int = 0) -> tuple[Site, MetricStore]:
        store = MetricStore(list_known_metrics(self.filters, TABLES))
        return Site(members, store, self.filters, seed), store

    def find_raised(self, store: MetricStore, minutes: range) -> dict[str, int]:
        """Return the alarms that are raised, each with the first minute."""
        first = {alarm.name: next(alarm.find_raised(store, minutes), None) for alarm in self.alarms}
        return {name: minute for name, minute in first.items() if minute is not None}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    template, _ = package(copy_sources(tmp_path_factory.mktemp("alarms")), "prod")
    return Cloud(template)


def _fail(outcome: Outcome, *kinds: str, **changes: Any) -> Outcome:
    """Return the outcome with changes if it is of one of these kinds, or if no kinds are given."""
    return replace(outcome, **changes) if not kinds or outcome.kind in kinds else outcome


MEMBERS = ("read", "write")
# The outcome of a request during each outage.
OUTAGES: dict[str, Outage] = {
    "total outage": partial(_fail, status=502, error="INTEGRATION_FAILURE"),
    "all writes fail": lambda outcome: _fail(outcome, "write", status=503),
    "Cognito does not respond": lambda outcome: _fail(outcome, "login", "mail", status=503, cognito_errors=2),
    "logins are refused": lambda outcome: _fail(outcome, "login", status=401),
    "function crashes": partial(_fail, status=502, function_metric="Errors"),
    "function is throttled": partial(_fail, status=500, function_metric="Throttles"),
    "gateway throttles": partial(_fail, status=429, error="THROTTLED"),
    "authorizer fails": lambda outcome: _fail(outcome, *MEMBERS, status=500, error="AUTHORIZER_FAILURE"),
    "valid tokens are refused": lambda outcome: _fail(outcome, *MEMBERS, status=401, error="UNAUTHORIZED"),
    "DynamoDB throttles": lambda outcome: _fail(outcome, *MEMBERS, status=503, throttles={FEED: 3}),
    "firewall blocks all": partial(_fail, status=429, error="WAF_FILTERED", is_blocked=True),
    "all responses are slow": partial(_fail, milliseconds=10_000),
    "site is unreachable": lambda _: None,
}
# Minutes. The periods of the alarms begin at full quarters of an hour, and the outages begin at 7 minutes past.
USUAL_BOUND = 10
# The heartbeat does not write, so only members notice. At night, 1,000 members write about once an hour.
WRITE_BOUNDS = {(1e3, AFTERNOON): 25, (1e4, AFTERNOON): 10, (1e6, AFTERNOON): 10, (1e3, NIGHT): 360, (1e4, NIGHT): 60}


# The outages that the requests of 1,000 members show by themselves. All logins of 30 minutes are only about 13.
NOTICED_WITHOUT_HEARTBEAT = (
    *("total outage", "all writes fail", "function crashes", "function is throttled", "gateway throttles"),
    *("authorizer fails", "DynamoDB throttles", "all responses are slow"),
)


def _bound(outage: str, members: float, start: int) -> int:
    return WRITE_BOUNDS.get((members, start), USUAL_BOUND) if outage == "all writes fail" else USUAL_BOUND


def _run_outage(
    cloud: Cloud, members: float, start: int, length: int, outage: Outage, *, has_heartbeat: bool = True
) -> tuple[Site, MetricStore]:
    """Run an hour without an outage, and then the outage."""
    site, store = cloud.make_site(members)
    before, during = range(start - 60, start), range(start, start + length)
    for minutes, change in ((before, lambda outcome: outcome), (during, outage)):
        site.run(minutes, change)
        if has_heartbeat or minutes == before:
            site.beat(minutes, change)
    return site, store


class TestOutages:
    @pytest.mark.parametrize("start", [AFTERNOON, NIGHT], ids=["afternoon", "night"])
    @pytest.mark.parametrize("members", SIZES, ids=lambda members: f"{members:.0f}")
    @pytest.mark.parametrize("outage", OUTAGES)
    def test_outage_raises_an_alarm_in_time(self, outage: str, members: float, start: int, cloud: Cloud) -> None:
        bound = _bound(outage, members, start)
        _, store = _run_outage(cloud, members, start, bound, OUTAGES[outage])
        assert cloud.find_raised(store, range(start - 30, start)) == {}
        assert cloud.find_raised(store, range(start, start + bound)) != {}

    @pytest.mark.parametrize("members", SIZES, ids=lambda members: f"{members:.0f}")
    def test_failing_writes_raise_an_alarm_of_their_own(self, members: float, cloud: Cloud) -> None:
        start = 9 * 60 + 7  # The traffic at nine is the mean of the day.
        _, store = _run_outage(cloud, members, start, 40, OUTAGES["all writes fail"])
        assert "WriteErrorsAlarm" in cloud.find_raised(store, range(start, start + 40))

    @pytest.mark.parametrize("outage", NOTICED_WITHOUT_HEARTBEAT)
    def test_outage_of_a_small_site_is_noticed_without_a_heartbeat(self, outage: str, cloud: Cloud) -> None:
        _, store = _run_outage(cloud, 1e3, AFTERNOON, 30, OUTAGES[outage], has_heartbeat=False)
        raised = cloud.find_raised(store, range(AFTERNOON, AFTERNOON + 30))
        assert raised.keys() - {"HeartbeatAlarm", "HeartbeatLoginAlarm"}

    @pytest.mark.parametrize("start", [AFTERNOON, NIGHT], ids=["afternoon", "night"])
    @pytest.mark.parametrize("members", SIZES, ids=lambda members: f"{members:.0f}")
    def test_silent_worker_raises_an_alarm(self, members: float, start: int, cloud: Cloud) -> None:
        _, store = _run_outage(cloud, members, start, 10, lambda outcome: outcome, has_heartbeat=False)
        assert cloud.find_raised(store, range(start, start + 10)).keys() == {"HeartbeatAlarm"}

    @pytest.mark.parametrize("members", SIZES, ids=lambda members: f"{members:.0f}")
    def test_first_unsent_mail_raises_an_alarm(self, members: float, cloud: Cloud) -> None:
        site, store = _run_outage(cloud, members, AFTERNOON, 10, lambda outcome: outcome)
        site.add(AFTERNOON + 5, Outcome("mail", unsent_mails=1))
        raised = cloud.find_raised(store, range(AFTERNOON, AFTERNOON + 10))
        assert raised == {"UnsentMailsAlarm": AFTERNOON + 5}


@pytest.mark.parametrize(("members", "is_raised"), [(1e3, False), (1e4, True), (1e6, True)])
def test_alarm_on_errors_per_minute_would_miss_a_small_site(members: float, is_raised: bool, cloud: Cloud) -> None:
    """The alarm of the first release: 1% of the requests, and more than 5 a minute, in 3 of 5 minutes."""
    dimensions = [{"Name": "ApiName", "Value": "prod-dwipper"}]
    metrics = [
        {
            "Id": id_,
            "MetricStat": {
                "Stat": "Sum",
                "Period": 60,
                "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": dimensions},
            },
        }
        for id_, name in (("errors", "5XXError"), ("requests", "Count"))
    ]
    properties = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "TreatMissingData": "notBreaching",
        "Metrics": [{"Id": "percent", "Expression": "IF(errors > 5, 100 * errors / requests, 0)"}, *metrics],
    }
    start = 9 * 60  # The traffic at nine is the mean of the day.
    _, store = _run_outage(cloud, members, start, 60, OUTAGES["total outage"], has_heartbeat=False)
    alarm = Alarm.from_resource("FormerAlarm", properties)
    assert any(alarm.find_raised(store, range(start, start + 60))) is is_raised


def test_resources_of_the_model_are_routes_of_the_template(cloud: Cloud) -> None:
    assert {Outcome(kind).line["resource"] for kind in ("health", "login", "mail", "read", "write")} <= cloud.paths


def _jobs(site: Site, store: MetricStore, minute: int) -> None:
    store.add(("AWS/Lambda", "Errors", WORKER), minute, 1)
    store.add(("AWS/SQS", "ApproximateAgeOfOldestMessage", ""), minute, 1000)
    store.add(("AWS/SQS", "ApproximateNumberOfMessagesVisible", ""), minute, 1)


def _mails(site: Site, store: MetricStore, minute: int) -> None:
    store.add(("AWS/SES", "Reputation.BounceRate", ""), minute, 0.05)
    store.add(("AWS/SES", "Reputation.ComplaintRate", ""), minute, 0.001)
    site.add(minute, Outcome("mail", unsent_mails=1))


def _hot_rows(site: Site, store: MetricStore, minute: int) -> None:
    for table in TABLES:
        store.add(("AWS/DynamoDB", "WriteThrottleEvents", table), minute, 11)


def _few_errors(site: Site, store: MetricStore, minute: int) -> None:
    site.add(minute, Outcome("read", status=503), 40)


# Outages that the requests of members do not show.
OTHERS: tuple[Callable[[Site, MetricStore, int], None], ...] = (_jobs, _mails, _hot_rows, _few_errors)


def test_each_alarm_is_raised_by_an_outage(cloud: Cloud) -> None:
    minutes = range(AFTERNOON, AFTERNOON + 60)
    raised: set[str] = set()
    for outage in OUTAGES.values():
        _, store = _run_outage(cloud, 1e6, AFTERNOON, 60, outage)
        raised.update(cloud.find_raised(store, minutes))
    for add in OTHERS:
        site, store = _run_outage(cloud, 1e6, AFTERNOON, 60, lambda outcome: outcome)
        for minute in minutes:
            add(site, store, minute)
        raised.update(cloud.find_raised(store, minutes))
    assert raised == {alarm.name for alarm in cloud.alarms}


def _find_raised_at_any_time(cloud: Cloud, store: MetricStore, minutes: range) -> set[str]:
    """Return the alarms that are raised, wherever their periods begin."""
    return {alarm.name for alarm in cloud.alarms if any(alarm.is_raised(store, minute) for minute in minutes)}


class TestQuietDay:
    @pytest.mark.parametrize("seed", range(2))
    @pytest.mark.parametrize("members", [0, *SIZES, 1e5], ids=lambda members: f"{members:.0f}")
    def test_ordinary_errors_raise_no_alarm(self, members: float, seed: int, cloud: Cloud) -> None:
        site, store = cloud.make_site(members, seed)
        site.run(range(-60, DAY))
        site.beat(range(-60, DAY))
        assert _find_raised_at_any_time(cloud, store, range(DAY)) == set()

    def test_heartbeat_without_a_member_raises_no_alarm(self, cloud: Cloud) -> None:
        site, store = cloud.make_site(1e3)
        site.run(range(-60, DAY))
        site.beat(range(-60, DAY), has_member=False)
        assert _find_raised_at_any_time(cloud, store, range(DAY)) == set()

    @settings(without_deadline, max_examples=20)
    @given(st.lists(st.tuples(st.integers(0, 29), st.sampled_from(["read", "login", "health"])), max_size=2))
    def test_two_errors_on_a_small_site_raise_no_alarm(self, cloud: Cloud, errors: list[tuple[int, str]]) -> None:
        site, store = cloud.make_site(1e3)
        site.run(range(-60, 60), has_noise=False)
        site.beat(range(-60, 60))
        for minute, kind in errors:
            site.add(minute, Outcome(kind, status=503))
        assert _find_raised_at_any_time(cloud, store, range(60)) == set()
