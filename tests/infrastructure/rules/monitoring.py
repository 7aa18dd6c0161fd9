"""Rules about alarms, the dashboard and logs: what they look at has to be there."""

import json
import re
from collections.abc import Iterator
from typing import Any

from app.observability import metrics
from testkit.business_metrics import declared_metrics
from tests.infrastructure.rules.resources import Resource, Template, of_type, reference, the

# Which metrics Amazon has, and by which dimensions:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
_TABLE, _INDEX = frozenset({"TableName"}), frozenset({"TableName", "GlobalSecondaryIndexName"})
_AMAZONS = {
    "AWS/ApiGateway": ({"Count", "Latency", "4XXError", "5XXError"}, {frozenset({"ApiName", "Stage"})}),
    "AWS/Lambda": ({"Errors", "Throttles", "ConcurrentExecutions"}, {frozenset({"FunctionName"})}),
    "AWS/DynamoDB": ({"ReadThrottleEvents", "WriteThrottleEvents", "ConsumedWriteCapacityUnits"}, {_TABLE, _INDEX}),
}
_STAGE = "prod"
_ABOUT = {
    "ServerErrorsAlarm": "5XXError",
    "LatencyAlarm": "Latency",
    "FunctionThrottlesAlarm": "Throttles",
    "FunctionErrorsAlarm": "Errors",
    "DwippsThrottlesAlarm": "WriteThrottleEvents",
    "ReactionsThrottlesAlarm": "WriteThrottleEvents",
    "MembersThrottlesAlarm": "WriteThrottleEvents",
    "CognitoErrorsAlarm": "CognitoErrors",
    "AuthorizerFailuresAlarm": f"AuthorizerFailures-{_STAGE}",
    "RefusedTokensAlarm": f"RefusedTokens-{_STAGE}",
}
_REFERENCE = re.compile(r"\$\{(\w+)(?:\.\w+)?\}")

Metric = tuple[str, str, dict[str, Any]]


def every_metric_is_there(template: Template) -> Iterator[str]:
    """Each is one of Amazon's, of the app's, or of a filter's here, and is said of a resource that there is."""
    found = [*_of_alarms(template), *(("Dashboard", metric) for metric in _of_dashboard(template))]
    if len(found) < 30:
        yield "there are too few to be all"
    for name, (namespace, metric, dimensions) in found:
        if not _exists(template, namespace, metric, dimensions):
            yield f"{name}: {namespace} {metric} by {sorted(dimensions)}"


def every_alarm_is_heard(template: Template) -> Iterator[str]:
    """Each tells the topic, and is on the dashboard."""
    board = str(the(template, "Dashboard").get("DashboardBody"))
    alarms = dict(of_type(template, "AWS::CloudWatch::Alarm"))
    if len(alarms) < 10:
        yield "there are too few"
    for name, alarm in alarms.items():
        if alarm["Properties"].get("AlarmActions") != [{"Ref": "AlarmTopic"}]:
            yield f"{name}: tells nobody"
        if f"${{{name}.Arn}}" not in board:
            yield f"{name}: is not on the dashboard"


def every_alarm_says_that_something_is_too_much(template: Template) -> Iterator[str]:
    """What is counted here is errors, refusals and time: less of it is never worse."""
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        if properties.get("ComparisonOperator") != "GreaterThanThreshold":
            yield f"{name}: {properties.get('ComparisonOperator')}"
        if properties.get("TreatMissingData") != "notBreaching":
            yield f"{name}: wakes somebody up where nobody calls"


def what_alarms_are_about_is_what_they_look_at(template: Template) -> Iterator[str]:
    """The one metric of each alarm without which it would be another's."""
    metrics_of: dict[str, set[str]] = {}
    for name, (_, metric, _) in _of_alarms(template):
        metrics_of.setdefault(name, set()).add(metric)
    for name, metric in _ABOUT.items():
        if metric not in metrics_of.get(name, set()):
            yield f"{name}: not about {metric}"


def filters_find_what_is_logged(template: Template) -> Iterator[str]:
    """The access log is JSON, and what filters look for is in it."""
    format_ = the(template, "ApiStage").get("AccessLogSetting", {}).get("Format", "")
    try:
        logged = json.loads(re.sub(r"\$context\.[\w.]+", "0", format_))
    except ValueError:
        yield "ApiStage: the log is no JSON"
        return
    for name, it in of_type(template, "AWS::Logs::MetricFilter"):
        for field in re.findall(r"\$\.(\w+)", it["Properties"]["FilterPattern"]):
            if field not in logged:
                yield f"{name}: {field} is not logged"
    if "$context.error.responseType" not in format_:
        yield "ApiStage: what was refused is not logged"


def no_log_is_kept_for_ever(template: Template) -> Iterator[str]:
    """Every log group has an end."""
    for name, group in of_type(template, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group["Properties"]:
            yield f"{name}: for ever"


def _of_alarms(template: Template) -> Iterator[tuple[str, Metric]]:
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        for query in properties.get("Metrics", []):
            if "MetricStat" in query:
                yield name, _metric(query["MetricStat"]["Metric"])
        if "MetricName" in properties:
            yield name, _metric(properties)


def _metric(properties: Resource) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in properties.get("Dimensions", [])}
    return properties["Namespace"], _resolved(properties["MetricName"]), dimensions


def _of_dashboard(template: Template) -> Iterator[Metric]:
    """Each widget's metrics, with what CloudWatch lets a line take over from the one before."""
    body = json.loads(str(the(template, "Dashboard").get("DashboardBody", {}).get("Fn::Sub", "{}")))
    for widget in body.get("widgets", []):
        before: list[str] = []
        for row in widget["properties"].get("metrics", []):
            named = [part for part in row if isinstance(part, str)]
            if named[0] == "...":
                named = before[: len(before) - len(named) + 1] + named[1:]
            line = [before[place] if part == "." else part for place, part in enumerate(named)]
            before = line
            yield line[0], _resolved(line[1]), dict(zip(line[2::2], line[3::2], strict=True))


def _exists(template: Template, namespace: str, metric: str, dimensions: dict[str, Any]) -> bool:
    if not all(_is_known(template, value) for value in dimensions.values()):
        return False
    if "ApiName" in dimensions and _text(dimensions["ApiName"]) != _name_of_api(template):
        return False
    if namespace == metrics.NAMESPACE:
        of_app = {*metrics.request_metrics(200, 1.0, 0), *declared_metrics().values()}
        return metric in (of_app if set(dimensions) == {"Stage"} else _of_filters(template) if not dimensions else ())
    names, by = _AMAZONS.get(namespace, (set(), set()))
    return metric in names and frozenset(dimensions) in by


def _of_filters(template: Template) -> set[str]:
    """The metrics that are made of logs here, of logs that there are."""
    return {
        _resolved(made["MetricName"])
        for _, it in of_type(template, "AWS::Logs::MetricFilter")
        for made in it["Properties"]["MetricTransformations"]
        if made["MetricNamespace"] == metrics.NAMESPACE and reference(it["Properties"]["LogGroupName"])
    }


def _is_known(template: Template, value: Any) -> bool:
    """Whether what a dimension says is of this template: a resource, a parameter, an index."""
    if isinstance(value, dict):
        names = _REFERENCE.findall(str(value.get("Fn::Sub", ""))) or [reference(value)]
        return all(name in template["Resources"] or name in template["Parameters"] for name in names)
    names = _REFERENCE.findall(str(value))
    if names:
        return all(name in template["Resources"] or name in template["Parameters"] for name in names)
    return value in _indexes(template)


def _indexes(template: Template) -> set[str]:
    return {
        index["IndexName"]
        for _, table in of_type(template, "AWS::DynamoDB::Table")
        for index in table["Properties"].get("GlobalSecondaryIndexes", [])
    }


def _text(value: Any) -> str:
    return str(value.get("Fn::Sub", "") if isinstance(value, dict) else value)


def _name_of_api(template: Template) -> str:
    """As an alarm writes it, whatever the stage is."""
    stage = template["Parameters"]["Stage"]["Default"]
    return str(the(template, "ApiGatewayRestApi")["Name"]).replace(f"{stage}-", "${Stage}-", 1)


def _resolved(name: Any) -> str:
    """A metric's name in one stage."""
    text = name["Fn::Sub"] if isinstance(name, dict) else name
    return str(text).replace("${Stage}", _STAGE)
