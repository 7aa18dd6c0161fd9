"""Bills are what a hand reckons, and rise with the members; of what stops there is none."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import deployment
from benchmarks.bill import largest, million, month
from benchmarks.designs import Units
from benchmarks.work import Design, Dwipper, Stop, Stored, Work
from benchmarks.workload import LOG_IN, Mix
from devstack.api import ROOT
from testkit.business_metrics import declared_metrics
from testkit.hypothesis_settings import unhurried
from tests.benchmarks.bills import DWIPPER, LEDGER, bill

GB = 2**30
MEMBERS = st.floats(1, 1e9)


@dataclass(frozen=True)
class Fixed(Design):
    """Takes always the same."""

    answer: Work | Stop

    def work(self, operation: str, members: float) -> Work | Stop:  # noqa: ARG002 -- as a Design has it
        return self.answer

    def stored(self, members: float) -> Stored:  # noqa: ARG002 -- the same
        return Stored(tables=2 * GB, indexes=3 * GB)


def test_a_million_upvotes() -> None:
    dollars = million(DWIPPER.work("upvote", 1e4))
    log = (740 + 350 + 280) * 1e6 / GB
    assert dollars == {
        "DynamoDB": pytest.approx(8 * 0.625 + 3 * 0.125),
        "Lambda": pytest.approx(0.20 + 1e6 * 0.015 * 0.0000133334),
        "API Gateway": pytest.approx(3.50),
        "CloudWatch": pytest.approx(log * 0.50 + log * 0.15 * 12 * 0.03 + 0.05 * 5, rel=1e-3),
    }


def test_a_begun_millisecond_is_billed() -> None:
    assert million(Work(Units(), 15.2))["Lambda"] == pytest.approx(million(Work(Units(), 16))["Lambda"])


def test_a_month_by_hand() -> None:
    mix = Mix(active=0.5, calls={"one Dwipp": 2})
    found = bill(Fixed(Work(Units(1, 2), 10)), 400e6, mix)
    log, seconds = 400e6 * 1370 / GB, 365.25 / 12 * 86_400
    traced = seconds + (400e6 - seconds) * 0.05
    assert found.dollars == {
        "Lambda": pytest.approx(400 * 0.20 + 400e6 * 0.010 * 0.0000133334),
        "API Gateway": pytest.approx(333 * 3.50 + 67 * 2.80),
        "DynamoDB requests": pytest.approx(400 * (0.625 + 2 * 0.125)),
        "DynamoDB storage": pytest.approx(5 * 0.25 + 2 * 0.20),
        "CloudWatch": pytest.approx(
            13 * 0.30 + 22 * 0.10 + 3 + log * 0.50 + log * 0.15 * 12 * 0.03 + traced * 5e-6, rel=1e-3
        ),
        "WAF": pytest.approx(5 + 1 + 400 * 0.60),
        "Transfer": pytest.approx(400e6 * 1100 / GB * 0.09),
    }
    assert found.total == pytest.approx(sum(found.dollars.values()))
    assert found.cognito == pytest.approx(100e3 * 0.0055 + 900e3 * 0.0046 + 9e6 * 0.00325 + 190e6 * 0.0025)


def test_what_stops_has_no_bill() -> None:
    assert month(Fixed(Stop("it is too large")), 1e4, Mix()) == Stop("for a page of the feed it is too large")


def test_what_is_refused_is_told() -> None:
    assert bill(Fixed(Work(Units(), 1, refused=0.25)), 1e4).refused == 0.25


@unhurried
@given(MEMBERS, st.floats(1, 1000))
def test_more_members_cost_more(members: float, times: float) -> None:
    few, many = bill(DWIPPER, members), bill(DWIPPER, members * times)
    assert few.total <= many.total * (1 + 1e-9)
    assert few.cognito <= many.cognito * (1 + 1e-9)


@unhurried
@given(st.floats(1, 1e7))
def test_dwippers_members_do_not_cost_more_each_on_a_larger_site(members: float) -> None:
    assert bill(DWIPPER, members * 10).total / 10 <= bill(DWIPPER, members).total * (1 + 1e-9)


def test_the_feed_has_as_many_shards_as_its_writes_need() -> None:
    assert DWIPPER.feed_shards(1e6) == 1
    shards = DWIPPER.feed_shards(1e9)
    # 40 % of them write 1.1 times, and upvote 20 times: 21.1 in all, five times as often in the busiest hour.
    assert shards == -(-1e9 * 0.4 * 21.1 / (365.25 / 12 * 86_400) * 5 // 1000)
    assert DWIPPER.work("page of the feed", 1e9).units == Units(read=1.5 * shards)
    assert DWIPPER.work("page of one author", 1e9).units == Units(read=11.5)


def test_what_is_stored_by_hand() -> None:
    # Of ten members four come, and each writes one, upvotes 20 and has 2 favorites a month.
    dwipps, upvotes, favorites = 4 * 12 * 491, 4 * 20 * 12 * 226, 4 * 2 * 12 * 265
    stored = DWIPPER.stored(10)
    assert stored.tables == pytest.approx(dwipps + upvotes + favorites + 10 * 430)
    assert stored.indexes == pytest.approx(2 * dwipps + favorites)


def test_milliseconds_are_those_that_were_measured() -> None:
    design = Dwipper(LEDGER, {"upvote": 40.0}, Mix())
    assert design.work("upvote", 1e4).milliseconds == 40
    assert design.work("edit", 1e4).milliseconds == 15
    assert design.work(LOG_IN, 1e4).milliseconds == 150


@pytest.mark.parametrize("edge", [2e3, 3.5e5, 9e7])
def test_the_largest_that_holds_is_found(edge: float) -> None:
    assert largest(lambda members: members <= edge, 1e3, 1e8) == pytest.approx(edge)


def test_where_all_hold_none_is_the_largest() -> None:
    assert largest(lambda _members: True, 1e3, 1e8) is None


def test_the_surroundings_are_those_that_are_deployed() -> None:
    serverless = (ROOT / "serverless.yml").read_text()
    assert f"  memorySize: {deployment.MEMORY_MB}\n" in serverless
    assert serverless.partition("\n  prod:\n")[2].startswith(f"    logDays: {deployment.LOG_DAYS}\n")
    firewall, gateway, data = (
        (ROOT / "deploy" / name).read_text() for name in ("firewall.yml", "gateway.yml", "data.yml")
    )
    assert firewall.count("Type: AWS::WAFv2::WebACL\n") == deployment.WEB_ACLS
    assert firewall.count("- Name:") == deployment.WAF_RULES
    assert f"ThrottlingRateLimit: {deployment.STAGE_LIMIT}\n" in gateway
    assert data.count("UserPoolTier: LITE\n") == 1
    assert data.count("PointInTimeRecoveryEnabled: true") == 3


def test_what_watches_is_what_is_deployed() -> None:
    alarms = (ROOT / "deploy" / "alarms.yml").read_text()
    filters = alarms.count("Type: AWS::Logs::MetricFilter")
    assert len(re.findall(r"\bMetricName: ", alarms)) == deployment.ALARM_METRICS + filters
    of_each_request = 5
    assert of_each_request + len(set(declared_metrics().values())) + filters == deployment.CUSTOM_METRICS
    assert (ROOT / "deploy" / "dashboard.yml").read_text().count("AWS::CloudWatch::Dashboard") == deployment.DASHBOARDS
