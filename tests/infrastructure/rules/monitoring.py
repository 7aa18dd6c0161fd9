"""Rules for alarms, the dashboard and logs."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.me import erasure
from app.observability import metrics
from testkit.business_metrics import list_business_metrics
from tests.infrastructure.rules.resources import Resource, Template, find_resources, get_properties, get_reference

# The metrics of AWS and their dimensions:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
_TABLE, _INDEX = frozenset({"TableName"}), frozenset({"TableName", "GlobalSecondaryIndexName"})
_AWS_METRICS: Mapping[str, tuple[set[str], set[frozenset[str]]]] = {
    "AWS/ApiGateway": ({"Count", "Latency", "4XXError", "5XXError"}, {frozenset({"ApiName", "Stage"})}),
    "AWS/Lambda": ({"Errors", "Throttles", "ConcurrentExecutions", "Duration"}, {frozenset({"FunctionName"})}),
    "AWS/DynamoDB": ({"ReadThrottleEvents", "WriteThrottleEvents", "ConsumedWriteCapacityUnits"}, {_TABLE, _INDEX}),
    "AWS/SQS": (
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
        {frozenset({"QueueName"})},
    ),
    "AWS/WAFV2": ({"BlockedRequests"}, {frozenset({"WebACL", "Rule", "Region"})}),
    "AWS/SES": ({"Reputation.BounceRate", "Reputation.ComplaintRate"}, {frozenset()}),
}
# The dimensions of WAF that name no resource: all rules, and the region.
_FIREWALL_DIMENSIONS = {"Rule": "ALL", "Region": "AWS::Region"}
_STAGE = "prod"
_MIN_METRICS = 60
_MIN_ALARMS = 23
# The alarms that low values raise, and the treatment of missing data by each. A missing heartbeat is an outage. Before
# `make heartbeat` there are no logins, which is neither an outage nor a success.
_LOW_ALARMS = {"HeartbeatAlarm": "breaching", "HeartbeatLoginAlarm": "missing"}
# The metric that each alarm must use.
_ALARM_METRICS = {
    "ServerErrorsAlarm": "5XXError",
    "SustainedServerErrorsAlarm": "5XXError",
    "WriteErrorsAlarm": f"FailedWrites-{_STAGE}",
    "HeartbeatAlarm": "Heartbeats",
    "HeartbeatLoginAlarm": "HeartbeatLogins",
    "UnsentMailsAlarm": "UnsentMails",
    "MailBouncesAlarm": "Reputation.BounceRate",
    "MailComplaintsAlarm": "Reputation.ComplaintRate",
    "ThrottledRequestsAlarm": f"ThrottledRequests-{_STAGE}",
    "FirewallBlocksAlarm": "BlockedRequests",
    "LatencyAlarm": "Latency",
    "FunctionThrottlesAlarm": "Throttles",
    "FunctionErrorsAlarm": "Errors",
    "DwippsThrottlesAlarm": "WriteThrottleEvents",
    "ReactionsThrottlesAlarm": "WriteThrottleEvents",
    "MembersThrottlesAlarm": "WriteThrottleEvents",
    "SafetyThrottlesAlarm": "WriteThrottleEvents",
    "CognitoErrorsAlarm": "CognitoErrors",
    "AuthorizerFailuresAlarm": f"AuthorizerFailures-{_STAGE}",
    "RefusedTokensAlarm": f"RefusedTokens-{_STAGE}",
}
# The metrics of the background jobs' alarms, each with the resource or the parameter in its dimension.
_JOB_ALARM_METRICS = {
    "JobAgeAlarm": {("ApproximateAgeOfOldestMessage", "JobQueueName")},
    "DeadLettersAlarm": {("ApproximateNumberOfMessagesVisible", "DeadLetterQueueName")},
    "WorkerErrorsAlarm": {("Errors", "WorkerLambdaFunction"), ("JobFailures", "Stage")},
}
_REFERENCE = re.compile(r"\$\{(\w+)(?:\.\w+)?\}")

Metric = tuple[str, str, dict[str, Any]]  # Namespace, name, and dimensions.


def check_metrics_exist(template: Template) -> Iterator[str]:
    """Check that each metric comes from AWS, the app or a metric filter, and that its dimensions name our resources."""
    used = [*_find_alarm_metrics(template), *(("Dashboard", metric) for metric in _find_dashboard_metrics(template))]
    if len(used) < _MIN_METRICS:
        yield f"only {len(used)} metrics were found"
    for name, (namespace, metric, dimensions) in used:
        if not _exists(template, namespace, metric, dimensions):
            yield f"{name}: {namespace} {metric} by {sorted(dimensions)}"


def check_alarm_notifications(template: Template) -> Iterator[str]:
    """Check that each alarm notifies the topic, and is on the dashboard."""
    dashboard = str(get_properties(template, "Dashboard").get("DashboardBody"))  # With the values that it inserts.
    alarms = dict(find_resources(template, "AWS::CloudWatch::Alarm"))
    if len(alarms) < _MIN_ALARMS:
        yield f"only {len(alarms)} alarms were found"
    for name, alarm in alarms.items():
        if alarm["Properties"].get("AlarmActions") != [{"Ref": "AlarmTopic"}]:
            yield f"{name}: does not notify the topic"
        if f"${{{name}.Arn}}" not in dashboard:
            yield f"{name}: is not on the dashboard"


def check_alarm_directions(template: Template) -> Iterator[str]:
    """Check that only high values raise an alarm, except for the heartbeat: its low values and its silence do."""
    for name, alarm in find_resources(template, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        is_raised_by_high_values = str(properties.get("ComparisonOperator")).startswith("GreaterThan")
        if is_raised_by_high_values is (name in _LOW_ALARMS):
            yield f"{name}: {properties.get('ComparisonOperator')}"
        if properties.get("TreatMissingData") != _LOW_ALARMS.get(name, "notBreaching"):
            yield f"{name}: treats missing data as {properties.get('TreatMissingData')}"


def check_mail_alarms(template: Template) -> Iterator[str]:
    """Check that the alarms of SES exist only in a stage that mails through it, and that one unsent mail raises one."""
    for name in ("MailBouncesAlarm", "MailComplaintsAlarm"):
        if template["Resources"].get(name, {}).get("Condition") != "HasSesAlarms":
            yield f"{name}: does not depend on SES"
    unsent = get_properties(template, "UnsentMailsAlarm")
    if (unsent.get("Threshold"), unsent.get("EvaluationPeriods")) != (0, 1):
        yield "UnsentMailsAlarm: is not raised by one mail"


def check_firewall_alarm(template: Template) -> Iterator[str]:
    """Check that the dimension of the firewall's metric is the metric name of the web ACL."""
    acl = get_properties(template, "WebAcl").get("VisibilityConfig", {}).get("MetricName")
    for name, (namespace, _, dimensions) in _find_alarm_metrics(template):
        if namespace == "AWS/WAFV2" and dimensions.get("WebACL") != acl:
            yield f"{name}: {dimensions.get('WebACL')} is not {acl}"


def check_alarm_metrics(template: Template) -> Iterator[str]:
    """Check that each alarm uses the metric that its name describes."""
    alarm_metrics: dict[str, set[str]] = {}
    for name, (_, metric, _) in _find_alarm_metrics(template):
        alarm_metrics.setdefault(name, set()).add(metric)
    for name, metric in _ALARM_METRICS.items():
        if metric not in alarm_metrics.get(name, set()):
            yield f"{name}: does not use {metric}"


def check_job_alarms(template: Template) -> Iterator[str]:
    """Check what the alarms of the background jobs watch, and that the first dead letter raises one."""
    alarm_metrics: dict[str, set[tuple[str, str]]] = {}
    for name, (_, metric, dimensions) in _find_alarm_metrics(template):
        references = {(metric, get_reference(value)) for value in dimensions.values()}
        alarm_metrics.setdefault(name, set()).update(references)
    for name, expected in _JOB_ALARM_METRICS.items():
        if alarm_metrics.get(name) != expected:
            yield f"{name}: uses {alarm_metrics.get(name)}"
    dead_letters = get_properties(template, "DeadLettersAlarm")
    if (dead_letters.get("Threshold"), dead_letters.get("EvaluationPeriods")) != (0, 1):
        yield "DeadLettersAlarm: is not raised by one message"


def check_metric_filters(template: Template) -> Iterator[str]:
    """Check that the access log is JSON, and has the fields that the metric filters match."""
    log_format = get_properties(template, "ApiStage").get("AccessLogSetting", {}).get("Format", "")
    try:
        fields = json.loads(re.sub(r"\$context\.[\w.]+", "0", log_format))
    except ValueError:
        yield "ApiStage: the access log is not JSON"
        return
    for name, resource in find_resources(template, "AWS::Logs::MetricFilter"):
        for field in re.findall(r"\$\.(\w+)", resource["Properties"]["FilterPattern"]):
            if field not in fields:
                yield f"{name}: {field} is not logged"
    if "$context.error.responseType" not in log_format:
        yield "ApiStage: the types of gateway responses are not logged"


def check_log_retention(template: Template) -> Iterator[str]:
    """Check that each log group has a retention."""
    for name, group in find_resources(template, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group["Properties"]:
            yield f"{name}: no retention"


def _find_alarm_metrics(template: Template) -> Iterator[tuple[str, Metric]]:
    """Yield each alarm with each of its metrics."""
    for name, alarm in find_resources(template, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        for query in properties.get("Metrics", []):
            if "MetricStat" in query:
                yield name, _parse_metric(query["MetricStat"]["Metric"])
        if "MetricName" in properties:
            yield name, _parse_metric(properties)


def _parse_metric(properties: Resource) -> Metric:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in properties.get("Dimensions", [])}
    return properties["Namespace"], _resolve_name(properties["MetricName"]), dimensions


def _find_dashboard_metrics(template: Template) -> Iterator[Metric]:
    """Yield the metrics of all widgets. In a row, `.` and `...` repeat parts of the previous row.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    text, values = get_properties(template, "Dashboard").get("DashboardBody", {}).get("Fn::Sub", ["{}", {}])
    for name in values:  # These are lists of alarms.
        text = text.replace(f"${{{name}}}", "")
    body = json.loads(text)
    for widget in body.get("widgets", []):
        previous: list[str] = []
        for row in widget["properties"].get("metrics", []):
            parts = [part for part in row if isinstance(part, str)]
            if parts[0] == "...":
                parts = previous[: len(previous) - len(parts) + 1] + parts[1:]
            line = [previous[position] if part == "." else part for position, part in enumerate(parts)]
            previous = line
            yield line[0], _resolve_name(line[1]), dict(zip(line[2::2], line[3::2], strict=True))


def _exists(template: Template, namespace: str, metric: str, dimensions: dict[str, Any]) -> bool:
    if namespace == "AWS/WAFV2":
        is_complete = all(each in _get_text(dimensions.get(name)) for name, each in _FIREWALL_DIMENSIONS.items())
        return is_complete and metric in _AWS_METRICS[namespace][0]
    if not all(_refers_to_template(template, value) for value in dimensions.values()):
        return False
    if "ApiName" in dimensions and _get_text(dimensions["ApiName"]) != _get_api_name(template):
        return False
    if namespace == metrics.NAMESPACE:
        if set(dimensions) == {"Stage"}:
            return metric in _list_app_metrics()
        return not dimensions and metric in _find_filter_metrics(template)
    names, dimension_sets = _AWS_METRICS.get(namespace, (set(), set()))
    return metric in names and frozenset(dimensions) in dimension_sets


def _list_app_metrics() -> set[str]:
    job_metrics = metrics.job_metrics(has_failed=False, revived=0, cognito_errors=0)
    return {
        *metrics.request_metrics(200, 1.0, 0),
        *metrics.heartbeat_metrics(is_healthy=True, has_logged_in=True),
        metrics.UNSENT_MAILS,
        *job_metrics,
        *list_business_metrics().values(),
        erasure.METRIC,
    }


def _find_filter_metrics(template: Template) -> set[str]:
    """Return the metrics of the filters whose log group is part of the template."""
    return {
        _resolve_name(transformation["MetricName"])
        for _, resource in find_resources(template, "AWS::Logs::MetricFilter")
        for transformation in resource["Properties"]["MetricTransformations"]
        if transformation["MetricNamespace"] == metrics.NAMESPACE
        and get_reference(resource["Properties"]["LogGroupName"])
    }


def _refers_to_template(template: Template, value: Any) -> bool:
    """Return True if the value of a dimension names a resource, a parameter or an index of the template."""
    if isinstance(value, dict):
        names = _REFERENCE.findall(str(value.get("Fn::Sub", ""))) or [get_reference(value)]
    else:
        names = _REFERENCE.findall(str(value))
    if names:
        return all(name in template["Resources"] or name in template["Parameters"] for name in names)
    return value in _find_indexes(template)


def _find_indexes(template: Template) -> set[str]:
    return {
        index["IndexName"]
        for _, table in find_resources(template, "AWS::DynamoDB::Table")
        for index in table["Properties"].get("GlobalSecondaryIndexes", [])
    }


def _get_text(value: Any) -> str:
    return str(value.get("Fn::Sub") or value.get("Ref", "") if isinstance(value, dict) else value)


def _get_api_name(template: Template) -> str:
    """Return the name of the API in the form that alarms use, with a reference to the stage."""
    stage = template["Parameters"]["Stage"]["Default"]
    return str(get_properties(template, "ApiGatewayRestApi")["Name"]).replace(f"{stage}-", "${Stage}-", 1)


def _resolve_name(name: Any) -> str:
    """Return the name of a metric in the stage `_STAGE`."""
    text = name["Fn::Sub"] if isinstance(name, dict) else name
    return str(text).replace("${Stage}", _STAGE)
