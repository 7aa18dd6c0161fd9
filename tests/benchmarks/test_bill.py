"""Bills equal a calculation by hand, and grow with the number of members. An unsupported operation has no bill."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import deployment
from benchmarks.bill import bill_million_calls, bill_month, find_largest
from benchmarks.capacity_units import CapacityUnits
from benchmarks.dwipper_model import DwipperModel
from benchmarks.usage import DesignModel, StoredBytes, Unsupported, Usage
from benchmarks.workload import LOG_IN, Workload
from devstack.paths import ROOT
from testkit.business_metrics import list_business_metrics
from testkit.hypothesis_settings import without_deadline
from tests.benchmarks.bills import DWIPPER, UNITS, get_bill

GB = 2**30
MEMBERS = st.floats(1, 1e9)


@dataclass(frozen=True)
class ConstantModel(DesignModel):
    """A design with the same usage for all operations and sizes, and constant storage."""

    usage: Usage | Unsupported

    def estimate_usage(self, operation: str, members: float) -> Usage | Unsupported:  # noqa: ARG002 -- the protocol
        return self.usage

    def estimate_storage(self, members: float) -> StoredBytes:  # noqa: ARG002 -- the protocol
        return StoredBytes(tables=2 * GB, indexes=3 * GB)


def test_bill_of_a_million_upvotes_equals_the_sum_by_hand() -> None:
    dollars = bill_million_calls(DWIPPER.estimate_usage("upvote", 1e4))
    log = (740 + 350 + 410) * 1e6 / GB
    assert dollars == {
        "DynamoDB": pytest.approx(9 * 0.625 + 4 * 0.125),
        "Lambda": pytest.approx(0.20 + 1e6 * 0.015 * 0.0000133334),
        "API Gateway": pytest.approx(3.50),
        "CloudWatch": pytest.approx(log * 0.50 + log * 0.15 * 12 * 0.03 + 0.05 * 5, rel=1e-3),
    }


def test_function_duration_is_rounded_up_to_a_millisecond() -> None:
    fraction, whole = (bill_million_calls(Usage(CapacityUnits(), milliseconds)) for milliseconds in (15.2, 16))
    assert fraction["Lambda"] == pytest.approx(whole["Lambda"])


def test_monthly_bill_equals_the_sum_by_hand() -> None:
    workload = Workload(active_share=0.5, calls_per_member={"one Dwipp": 2})
    bill = get_bill(ConstantModel(Usage(CapacityUnits(1, 2), 10)), 400e6, workload)
    log, seconds = 400e6 * 1500 / GB, 365.25 / 12 * 86_400
    traced = seconds + (400e6 - seconds) * 0.05
    assert bill.dollars == {
        "Lambda": pytest.approx(400 * 0.20 + 400e6 * 0.010 * 0.0000133334),
        "API Gateway": pytest.approx(333 * 3.50 + 67 * 2.80),
        "DynamoDB requests": pytest.approx(400 * (0.625 + 2 * 0.125)),
        "DynamoDB storage": pytest.approx(5 * 0.25 + 2 * 0.20),
        "CloudWatch": pytest.approx(
            23 * 0.30 + 43 * 0.10 + 3 + log * 0.50 + log * 0.15 * 12 * 0.03 + traced * 5e-6, rel=1e-3
        ),
        "WAF": pytest.approx(5 + 3 + 400 * 0.60),
        "Transfer": pytest.approx(400e6 * 1100 / GB * 0.09),
    }
    assert bill.total == pytest.approx(sum(bill.dollars.values()))
    assert bill.cognito == pytest.approx(100e3 * 0.0055 + 900e3 * 0.0046 + 9e6 * 0.00325 + 190e6 * 0.0025)


def test_unsupported_operation_has_no_bill() -> None:
    bill = bill_month(ConstantModel(Unsupported("it is too large")), 1e4, Workload())
    assert bill == Unsupported("for a page of the feed it is too large")


def test_bill_reports_the_refused_share() -> None:
    assert get_bill(ConstantModel(Usage(CapacityUnits(), 1, refused_share=0.25)), 1e4).refused_share == 0.25


@without_deadline
@given(MEMBERS, st.floats(1, 1000))
def test_more_members_cost_more(members: float, factor: float) -> None:
    small, large = get_bill(DWIPPER, members), get_bill(DWIPPER, members * factor)
    assert small.total <= large.total * (1 + 1e-9)
    assert small.cognito <= large.cognito * (1 + 1e-9)


@without_deadline
@given(st.floats(1, 1e7))
def test_dwipper_cost_per_member_does_not_rise_with_size(members: float) -> None:
    assert get_bill(DWIPPER, members * 10).total / 10 <= get_bill(DWIPPER, members).total * (1 + 1e-9)


def test_feed_shards_follow_from_the_writes() -> None:
    assert DWIPPER.count_feed_shards(1e6) == 1
    shards = DWIPPER.count_feed_shards(1e9)
    # 40 % of the members make 21.1 writes a month, 20 of them upvotes. The busiest hour has five times the average.
    assert shards == -(-1e9 * 0.4 * 21.1 / (365.25 / 12 * 86_400) * 5 // 1000)
    assert DWIPPER.estimate_usage("page of the feed", 1e9).units == CapacityUnits(read=2 * shards)
    assert DWIPPER.estimate_usage("page of one author", 1e9).units == CapacityUnits(read=12)


def test_storage_equals_the_sum_by_hand() -> None:
    # Four of ten members are active. In a month, each writes one Dwipp, upvotes 20 and adds 2 favorites.
    dwipps, upvotes, favorites = 4 * 12 * 491, 4 * 20 * 12 * 226, 4 * 2 * 12 * 265
    stored = DWIPPER.estimate_storage(10)
    assert stored.tables == pytest.approx(dwipps + upvotes + favorites + 10 * 430)
    assert stored.indexes == pytest.approx(2 * dwipps + favorites)


def test_measured_milliseconds_replace_the_defaults() -> None:
    model = DwipperModel(UNITS, {"upvote": 40.0}, Workload())
    assert model.estimate_usage("upvote", 1e4).milliseconds == 40
    assert model.estimate_usage("edit", 1e4).milliseconds == 15
    assert model.estimate_usage(LOG_IN, 1e4).milliseconds == 150


@pytest.mark.parametrize("bound", [2e3, 3.5e5, 9e7])
def test_find_largest_finds_the_bound(bound: float) -> None:
    assert find_largest(lambda members: members <= bound, 1e3, 1e8) == pytest.approx(bound)


def test_find_largest_is_none_if_the_condition_always_holds() -> None:
    assert find_largest(lambda _members: True, 1e3, 1e8) is None


def test_deployment_values_equal_the_templates() -> None:
    serverless = (ROOT / "serverless.yml").read_text()
    assert f"  memorySize: {deployment.MEMORY_MB}\n" in serverless
    assert serverless.partition("\n  prod:\n")[2].startswith(f"    logDays: {deployment.LOG_DAYS}\n")
    firewall, limits, data = (
        (ROOT / "deploy" / name).read_text() for name in ("firewall.yml", "limits.js", "data.yml")
    )
    assert firewall.count("Type: AWS::WAFv2::WebACL\n") == deployment.WEB_ACLS
    assert firewall.count("- Name:") == deployment.WAF_RULES
    assert f"GET: [{deployment.STAGE_RATE_LIMIT}, " in limits
    assert data.count("UserPoolTier: LITE\n") == 1
    assert data.count("PointInTimeRecoveryEnabled: true") == 4


def test_monitoring_values_equal_the_templates() -> None:
    alarms = "".join((ROOT / "deploy" / name).read_text() for name in ("alarms.yml", "gateway-alarms.yml"))
    filters = alarms.count("Type: AWS::Logs::MetricFilter")
    # A metric with an anchor in YAML stands in several alarms.
    references = len(re.findall(r"Metric: \*\w+", alarms))
    assert len(re.findall(r"\bMetricName: ", alarms)) + references == deployment.ALARM_METRICS + filters
    request_metrics = 5  # Those of each request, which are no business metrics.
    job_metrics = 4  # Those of each job, and the business metric at the end of a deletion.
    other_metrics = 3  # Unsent mails, and the two of the heartbeat.
    metrics = request_metrics + job_metrics + other_metrics + len(set(list_business_metrics().values()))
    assert metrics + filters == deployment.CUSTOM_METRICS
    assert (ROOT / "deploy" / "dashboard.yml").read_text().count("AWS::CloudWatch::Dashboard") == deployment.DASHBOARDS
