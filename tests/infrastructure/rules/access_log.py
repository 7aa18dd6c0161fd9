"""A rule for the access log of API Gateway."""

import re
from collections.abc import Iterator

from tests.infrastructure.rules.resources import Template, get_properties

# The variables of a log line. None of them is chosen by a client or the app, except for a status and a method:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
_VARIABLES = frozenset(
    {
        *("authorizer.error", "error.responseType", "httpMethod", "requestId", "requestTimeEpoch", "resourcePath"),
        *("responseLatency", "status", "waf.status", "xrayTraceId"),
        # These find the invocation of a request, and tell a timeout, a crash and a throttled function apart.
        *("integration.error", "integration.integrationStatus", "integration.latency", "integration.requestId"),
        "integration.status",
    }
)


def check_access_log(template: Template) -> Iterator[str]:
    """Check that the log has these variables, and no other, which could be personal data."""
    log_format = get_properties(template, "ApiStage").get("AccessLogSetting", {}).get("Format", "")
    variables = set(re.findall(r"\$context\.([\w.]+)", log_format))
    if missing := _VARIABLES - variables:
        yield f"ApiStage: the access log lacks {sorted(missing)}"
    if unexpected := variables - _VARIABLES:
        yield f"ApiStage: the access log contains {sorted(unexpected)}"
