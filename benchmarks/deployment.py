"""What a deployed stage is billed for around its tables, the same for both designs; knows no price.

Out of serverless.yml and deploy/*.yml, of the stage `prod`; a test holds the two together.
"""

from math import ceil

MEMORY_MB = 1024
LOG_DAYS = 365
CUSTOM_METRICS = 13  # 11 of app/observability/metrics.py in EMF, and 2 filters of the access log
ALARM_METRICS = 22  # An alarm that reckons with six metrics is billed as six.
DASHBOARDS = 1
WEB_ACLS = 1
WAF_RULES = 1
STAGE_LIMIT = 500  # requests a second

# Bytes of log a request: the app's line with its metrics, Lambda's START, END and REPORT, and API Gateway's line.
FUNCTION_LOG_BYTES = 740 + 350
GATEWAY_LOG_BYTES = 280
LOG_COMPRESSION = 0.15  # What AWS's own calculator reckons with.

SECONDS_A_MONTH = 365.25 * 24 * 3600 / 12
DAYS_A_MONTH = 365.25 / 12
SAMPLED = 0.05  # by X-Ray's default rule, beyond one a second


def gigabyte_seconds(milliseconds: float) -> float:
    """What one call of the function is billed for, to the next millisecond."""
    return MEMORY_MB / 1024 * ceil(milliseconds) / 1000


def stored_log(taken_in: float) -> float:
    """How much log is kept where so much comes in a month."""
    return taken_in * LOG_COMPRESSION * LOG_DAYS / DAYS_A_MONTH


def traces(requests: float) -> float:
    """How many of a month's requests X-Ray records: one a second, and a share of all others."""
    return min(requests, SECONDS_A_MONTH) + max(requests - SECONDS_A_MONTH, 0) * SAMPLED
