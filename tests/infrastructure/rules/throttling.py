"""Rules for the limits of the stage, which API Gateway applies to each method of each resource separately.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from collections.abc import Iterator, Mapping

from tests.infrastructure.rules.resources import Resource, Template, find_resources, get_properties, resolve_path

# The methods that ANY stands for.
ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# The sum of all limits, in requests per second: about a quarter of the default quota of an account.
_MAX_SUM = 2_600
# The methods that members use. One address alone must not use up the limit of one of them.
_USED_METHODS = {
    "/v1/{proxy+}": ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"),
    "/{proxy+}": ("GET",),
}
# Cognito's quota of logins. Beyond it, Cognito would throttle the members of all stages of the account.
_MAX_LOGIN_RATE = 120

Limits = dict[tuple[str, str], float]


def check_method_limits(template: Template) -> Iterator[str]:
    """Check the limits of all methods, and that each setting is one of an existing method."""
    limits = find_limits(template)
    settings = _get_settings(template)
    for path, method in settings.keys() - limits.keys() - {("/*", "*")}:
        yield f"ApiStage: {method} {path} does not exist"
    for (path, method), setting in settings.items():
        if setting.get("ThrottlingBurstLimit", 0) < setting.get("ThrottlingRateLimit", 0):
            yield f"ApiStage: {method} {path} has a burst below its rate"
    if sum(limits.values()) > _MAX_SUM:
        yield f"ApiStage: the stage accepts {sum(limits.values())} requests per second"
    rate_of_address = _find_rate_of_address(template)
    for path, methods in _USED_METHODS.items():
        for method in methods:
            if limits.get((path, method), 0) <= rate_of_address:
                yield f"ApiStage: one address can use up the limit of {method} {path}"
    if not 0 < limits.get(("/v1/auth/{proxy+}", "POST"), 0) <= _MAX_LOGIN_RATE:
        yield "ApiStage: more logins than Cognito permits"


def find_limits(template: Template) -> Limits:
    """Return the limit of each method of each path, in requests per second."""
    settings = _get_settings(template)
    default = settings.get(("/*", "*"), {})
    return {
        key: settings.get(key, default).get("ThrottlingRateLimit", float("inf"))
        for _, resource in find_resources(template, "AWS::ApiGateway::Method")
        for key in _list_methods(template, resource["Properties"])
    }


def _find_rate_of_address(template: Template) -> float:
    """Return the average that the firewall permits to one address at all paths, in requests per second."""
    rules = get_properties(template, "WebAcl").get("Rules", [])
    rates = [rule["Statement"]["RateBasedStatement"] for rule in rules]
    unscoped = [rate for rate in rates if "ScopeDownStatement" not in rate]
    return min((rate["Limit"] / rate["EvaluationWindowSec"] for rate in unscoped), default=float("inf"))


def _list_methods(template: Template, properties: Resource) -> list[tuple[str, str]]:
    path = resolve_path(template, properties["ResourceId"])
    method = properties["HttpMethod"]
    return [(path, each) for each in (ALL_METHODS if method == "ANY" else (method,))]


def _get_settings(template: Template) -> Mapping[tuple[str, str], Resource]:
    """Return the settings by the paths and the methods that they name. The default is that of `/*` and `*`."""
    settings = get_properties(template, "ApiStage").get("MethodSettings", [])
    return {(_decode(each["ResourcePath"]), each["HttpMethod"]): each for each in settings}


def _decode(resource_path: str) -> str:
    """Return the path that a setting names. It begins with a slash, and the slashes of the path are `~1`.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-apigateway-stage-methodsetting.html
    """
    return resource_path if resource_path in ("/", "/*") else resource_path.removeprefix("/").replace("~1", "/")
