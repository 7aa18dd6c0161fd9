"""What Amazon asks in us-east-1, in dollars: list prices, with the pages they are from; knows not what is bought.

As they were in May 2025 (`KNOWN`), by what was written about them at that time. They could not be looked up when this
was written, from a machine without internet: check them against the pages before a decision hangs on one. Articles of
2026 repeat those of DynamoDB's requests, API Gateway, CloudWatch, WAF and transfer; nothing was found that confirms
Cognito's and point-in-time recovery's. Free tiers are left out, so a small site pays less than this. A GB is 2**30
bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

KNOWN = "2025-05"
REGION = "us-east-1"
GB = 2**30

_MILLION = 1e6
_TB = 1024  # GB


@dataclass(frozen=True, slots=True)
class Price:
    """What so many units cost; the more in a month, the less each, where there are tiers.

    Args:
        unit: what is counted.
        tiers: how many units each tier holds, and the dollars for `many` of them.
        page: where Amazon says so.
        many: how many units the dollars are for.
    """

    unit: str
    tiers: Sequence[tuple[float, float]]
    page: str
    many: float = 1

    def of(self, amount: float) -> float:
        """The dollars for a month's amount."""
        dollars, rest = 0.0, amount
        for size, price in self.tiers:
            dollars += min(rest, size) * price
            rest = max(rest - size, 0)
        return dollars / self.many


def _flat(unit: str, dollars: float, page: str, many: float = 1) -> Price:
    return Price(unit, [(inf, dollars)], page, many)


_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
LAMBDA_REQUESTS = _flat("request", 0.20, _LAMBDA, _MILLION)
LAMBDA_ARM = Price("GB-second", [(7.5e9, 0.0000133334), (11.25e9, 0.0000120001), (inf, 0.0000106667)], _LAMBDA)

_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
REST_REQUESTS = Price("request", [(333e6, 3.50), (667e6, 2.80), (19e9, 2.38), (inf, 1.51)], _GATEWAY, _MILLION)

# On demand, table class Standard; requests are at half of what they were since November 2024.
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
WRITES = _flat("write request unit", 0.625, _DYNAMODB, _MILLION)
READS = _flat("read request unit", 0.125, _DYNAMODB, _MILLION)
STORAGE = _flat("GB-month, with indexes", 0.25, _DYNAMODB)
RECOVERY = _flat("GB-month, of tables alone", 0.20, _DYNAMODB)

_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
LOG = _flat("GB taken in", 0.50, _CLOUDWATCH)
# In tiers since May 2025, which is for what functions log alone.
FUNCTION_LOG = Price(
    "GB taken in from Lambda", [(10 * _TB, 0.50), (20 * _TB, 0.25), (20 * _TB, 0.10), (inf, 0.05)], _CLOUDWATCH
)
LOG_STORAGE = _flat("GB-month, compressed", 0.03, _CLOUDWATCH)
METRICS = Price("metric-month", [(10_000, 0.30), (240_000, 0.10), (750_000, 0.05), (inf, 0.02)], _CLOUDWATCH)
ALARM_METRICS = _flat("metric-month of an alarm", 0.10, _CLOUDWATCH)
DASHBOARDS = _flat("dashboard-month", 3.00, _CLOUDWATCH)
TRACES = _flat("trace recorded", 5.00, "https://aws.amazon.com/xray/pricing/", _MILLION)

_WAF = "https://aws.amazon.com/waf/pricing/"
WEB_ACLS = _flat("web ACL-month", 5.00, _WAF)
WAF_RULES = _flat("rule-month", 1.00, _WAF)
WAF_REQUESTS = _flat("request", 0.60, _WAF, _MILLION)

TRANSFER = Price(
    "GB out to the internet",
    [(10 * _TB, 0.09), (40 * _TB, 0.085), (100 * _TB, 0.07), (inf, 0.05)],
    "https://aws.amazon.com/ec2/pricing/on-demand/",
)

# deploy/data.yml asks for Lite; Essentials is what a pool has that does not.
_COGNITO = "https://aws.amazon.com/cognito/pricing/"
COGNITO_ESSENTIALS = _flat("active member-month", 0.015, _COGNITO)
COGNITO_LITE = Price(
    "active member-month", [(100_000, 0.0055), (900_000, 0.0046), (9_000_000, 0.00325), (inf, 0.0025)], _COGNITO
)
