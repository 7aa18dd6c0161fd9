"""Rules for releases: the alias that API Gateway calls, and the deployment group that moves it."""

from collections.abc import Iterator

from tests.infrastructure.rules.resources import Template, find_resources, get_properties, get_reference

_ALIAS = "live"
_ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
_CANARY = "CodeDeployDefault.LambdaCanary10Percent10Minutes"
# Alarms that a faulty version raises within the minutes of the canary.
_ALARMS = {"FunctionErrorsAlarm", "ServerErrorsAlarm", "SustainedServerErrorsAlarm"}


def check_alias(template: Template) -> Iterator[str]:
    """Check that the gateway calls the API by the alias `live` only, and that the alias names the only version.

    A retained version would prevent the next attempt of a failed deployment.
    """
    versions = dict(find_resources(template, "AWS::Lambda::Version"))
    aliases = dict(find_resources(template, "AWS::Lambda::Alias"))
    if len(versions) != 1 or list(aliases) != ["ApiAlias"]:
        yield f"versions and aliases: {sorted([*versions, *aliases])}"
    for name, resource in (versions | aliases).items():
        if get_reference(resource["Properties"]["FunctionName"]) != "ApiLambdaFunction":
            yield f"{name}: {resource['Properties']['FunctionName']}"
        if "DeletionPolicy" in resource:
            yield f"{name}: {resource['DeletionPolicy']}"
    alias = get_properties(template, "ApiAlias")
    if alias.get("Name") != _ALIAS or get_reference(alias.get("FunctionVersion")) not in versions:
        yield f"ApiAlias: {alias}"
    for name, method in find_resources(template, "AWS::ApiGateway::Method"):
        integration = method["Properties"].get("Integration", {})
        target = integration.get("Uri", {}).get("Fn::Join", ["", []])[1]
        if target[-4:] != [{"Fn::GetAtt": ["ApiLambdaFunction", "Arn"]}, ":", _ALIAS, "/invocations"]:
            yield f"{name}: does not call the alias"
    called = get_properties(template, "ApiLambdaPermissionApiGateway").get("FunctionName")
    if called != {"Fn::Join": [":", [{"Fn::GetAtt": ["ApiLambdaFunction", "Arn"]}, _ALIAS]]}:
        yield f"ApiLambdaPermissionApiGateway: {called}"


def check_release_group(template: Template) -> Iterator[str]:
    """Check that CodeDeploy moves the alias by a canary, and moves it back if an alarm of this template is raised."""
    update = template["Resources"].get("ApiAlias", {}).get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
    if update != {"ApplicationName": {"Ref": "ReleaseApplication"}, "DeploymentGroupName": {"Ref": "ReleaseGroup"}}:
        yield f"ApiAlias: {update}"
    group = get_properties(template, "ReleaseGroup")
    if group.get("DeploymentConfigName", {}).get("Fn::If", [])[:2] != ["IsCanary", _CANARY]:
        yield f"ReleaseGroup: {group.get('DeploymentConfigName')}"
    rollback = group.get("AutoRollbackConfiguration", {})
    if not rollback.get("Enabled") or rollback.get("Events") != _ROLLBACK_EVENTS:
        yield f"ReleaseGroup: {rollback}"
    configuration = group.get("AlarmConfiguration", {})
    alarms = {get_reference(alarm["Name"]) for alarm in configuration.get("Alarms", [])}
    declared = {name for name, _ in find_resources(template, "AWS::CloudWatch::Alarm")}
    if configuration.get("Enabled") != {"Fn::If": ["IsCanary", True, False]} or not _ALARMS <= alarms <= declared:
        yield f"ReleaseGroup: {configuration}"
    if get_reference(group.get("ServiceRoleArn")) != "CodeDeployRole":
        yield f"ReleaseGroup: {group.get('ServiceRoleArn')}"
