"""AWS's list prices in us-east-1, in dollars, and the pages that state them.

These are the prices of May 2025 (`AS_OF`), as publications of that time report them. They could not be checked when
this module was written, because the machine had no internet access. Compare them with the pages before a decision
depends on them. Articles of 2026 repeat the prices of DynamoDB's requests, API Gateway, CloudWatch, WAF and transfer.
No source was found that confirms those of Cognito and of point-in-time recovery.

Free tiers are left out, so a small site pays less. A GB is 2**30 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

AS_OF = "2025-05"
REGION = "us-east-1"
GB = 2**30

_MILLION = 1e6
_TB = 1024  # GB


@dataclass(frozen=True, slots=True)
class Price:
    """A price. If it has several tiers, a unit becomes cheaper as the amount of a month grows.

    Attributes:
        unit: the unit that is counted.
        tiers: for each tier, the number of units in it, and the dollars for `batch` of them.
        page: the page on which AWS states the price.
        batch: the number of units for which a tier states the dollars.
    """

    unit: str
    tiers: Sequence[tuple[float, float]]
    page: str
    batch: float = 1

    def calculate(self, amount: float) -> float:
        """Return the dollars for this amount in a month."""
        dollars, rest = 0.0, amount
        for size, price in self.tiers:
            dollars += min(rest, size) * price
            rest = max(rest - size, 0)
        return dollars / self.batch


def _make_flat_price(unit: str, dollars: float, page: str, batch: float = 1) -> Price:
    return Price(unit, [(inf, dollars)], page, batch)


_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
LAMBDA_REQUESTS = _make_flat_price("request", 0.20, _LAMBDA, _MILLION)
LAMBDA_ARM = Price("GB-second", [(7.5e9, 0.0000133334), (11.25e9, 0.0000120001), (inf, 0.0000106667)], _LAMBDA)

_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
REST_REQUESTS = Price("request", [(333e6, 3.50), (667e6, 2.80), (19e9, 2.38), (inf, 1.51)], _GATEWAY, _MILLION)

# On demand, table class Standard. Since November 2024 requests cost half of the former price.
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
WRITES = _make_flat_price("write request unit", 0.625, _DYNAMODB, _MILLION)
READS = _make_flat_price("read request unit", 0.125, _DYNAMODB, _MILLION)
STORAGE = _make_flat_price("GB-month, including indexes", 0.25, _DYNAMODB)
RECOVERY = _make_flat_price("GB-month, tables only", 0.20, _DYNAMODB)

_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
LOG = _make_flat_price("GB ingested", 0.50, _CLOUDWATCH)
# Tiers exist since May 2025, and only for the logs of Lambda functions.
FUNCTION_LOG = Price(
    "GB ingested from Lambda", [(10 * _TB, 0.50), (20 * _TB, 0.25), (20 * _TB, 0.10), (inf, 0.05)], _CLOUDWATCH
)
LOG_STORAGE = _make_flat_price("GB-month, compressed", 0.03, _CLOUDWATCH)
METRICS = Price("metric-month", [(10_000, 0.30), (240_000, 0.10), (750_000, 0.05), (inf, 0.02)], _CLOUDWATCH)
ALARM_METRICS = _make_flat_price("metric-month of an alarm", 0.10, _CLOUDWATCH)
DASHBOARDS = _make_flat_price("dashboard-month", 3.00, _CLOUDWATCH)
TRACES = _make_flat_price("trace recorded", 5.00, "https://aws.amazon.com/xray/pricing/", _MILLION)

_WAF = "https://aws.amazon.com/waf/pricing/"
WEB_ACLS = _make_flat_price("web ACL-month", 5.00, _WAF)
WAF_RULES = _make_flat_price("rule-month", 1.00, _WAF)
WAF_REQUESTS = _make_flat_price("request", 0.60, _WAF, _MILLION)

TRANSFER = Price(
    "GB out to the internet",
    [(10 * _TB, 0.09), (40 * _TB, 0.085), (100 * _TB, 0.07), (inf, 0.05)],
    "https://aws.amazon.com/ec2/pricing/on-demand/",
)

# deploy/data.yml chooses Lite. Essentials is the default plan of a user pool.
_COGNITO = "https://aws.amazon.com/cognito/pricing/"
COGNITO_ESSENTIALS = _make_flat_price("active member-month", 0.015, _COGNITO)
COGNITO_LITE = Price(
    "active member-month", [(100_000, 0.0055), (900_000, 0.0046), (9_000_000, 0.00325), (inf, 0.0025)], _COGNITO
)
