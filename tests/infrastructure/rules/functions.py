"""A rule for the settings of the functions that a deployment can change."""

from collections.abc import Iterator

from tests.infrastructure.rules.resources import Template, get_properties

_RESERVATION = {"Fn::If": ["HasApiConcurrency", {"Ref": "ApiConcurrency"}, {"Ref": "AWS::NoValue"}]}


def check_concurrency(template: Template) -> Iterator[str]:
    """Check that only a parameter reserves concurrency, because a new account refuses each reservation.

    The worker needs none: its event source mapping has a bound.
    """
    reservation = get_properties(template, "ApiLambdaFunction").get("ReservedConcurrentExecutions")
    if reservation != _RESERVATION:
        yield f"ApiLambdaFunction: reserves {reservation}"
    if "ReservedConcurrentExecutions" in get_properties(template, "WorkerLambdaFunction"):
        yield "WorkerLambdaFunction: reserves concurrency"
    if template["Conditions"].get("HasApiConcurrency") != {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ApiConcurrency"}, ""]}]
    }:
        yield f"HasApiConcurrency: {template['Conditions'].get('HasApiConcurrency')}"
