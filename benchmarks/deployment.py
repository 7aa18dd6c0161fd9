"""The billed parts of a deployed stage that are the same for both designs. Independent of prices.

The values up to `STAGE_RATE_LIMIT` are those of serverless.yml and deploy/*.yml for the stage `prod`. Tests compare
them.
"""

from math import ceil

MEMORY_MB = 1024
LOG_DAYS = 365
CUSTOM_METRICS = 23  # 17 in EMF (app/observability), and 6 filters of the access log
ALARM_METRICS = 43  # An alarm that is calculated from six metrics is billed as six.
DASHBOARDS = 1
WEB_ACLS = 1
WAF_RULES = 3
STAGE_RATE_LIMIT = 500  # reads of members per second

# Log bytes of a request: the app's line with its metrics, Lambda's START, END and REPORT, and API Gateway's line.
FUNCTION_LOG_BYTES = 740 + 350
GATEWAY_LOG_BYTES = 410
LOG_COMPRESSION = 0.15  # The ratio that AWS's own pricing calculator assumes.

SECONDS_PER_MONTH = 365.25 * 24 * 3600 / 12
DAYS_PER_MONTH = 365.25 / 12
TRACED_SHARE = 0.05  # By X-Ray's default rule, of all requests beyond one per second.


def calculate_gb_seconds(milliseconds: float) -> float:
    """Return the billed GB-seconds of one call of the function. Lambda rounds the duration up to a millisecond."""
    return MEMORY_MB / 1024 * ceil(milliseconds) / 1000


def calculate_stored_log(ingested: float) -> float:
    """Return the amount of log that is stored if this amount is ingested every month, in the same unit."""
    return ingested * LOG_COMPRESSION * LOG_DAYS / DAYS_PER_MONTH


def count_traced_requests(requests: float) -> float:
    """Return the number of a month's requests that X-Ray records: one per second, and a share of all others."""
    return min(requests, SECONDS_PER_MONTH) + max(requests - SECONDS_PER_MONTH, 0) * TRACED_SHARE
