"""API Gateway requires an access token for exactly the operations that the published document secures."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.main import app
from app.slices import iter_routes as iter_app_routes
from testkit import routes as routes_module
from testkit.operations import iter_operations, load_document
from testkit.routes import iter_routes, load_deployment, select_route
from tests.conftest import Figures
from tests.security.entry_points import find_entry_points, has_members_authorizer

pytestmark = pytest.mark.slow

Spec = dict[str, Any]
Deployment = dict[str, Any]

_MEMBERS_PATH = "/v1/{proxy+}"


def find_drift(published: Mapping[str, Any], deployed: Mapping[str, Any]) -> list[str]:
    """Compare the security of the operations in the document with that of their routes. Return the findings.

    Other findings are operations without a route, a changed authorizer, and resources that can bypass it.

    Args:
        published: the OpenAPI document.
        deployed: the deployment, as `testkit.routes.load_deployment` returns it.

    Raises:
        ValueError: if a function has a URL, or an event other than `http`.
    """
    all_routes = list(iter_routes(deployed))
    findings = list(find_entry_points(deployed))
    if not has_members_authorizer(deployed):
        findings.append("the authorizer is not that of the members")
    for operation in iter_operations(published):
        route = select_route(all_routes, operation.method, operation.path)
        if route is None:
            findings.append(f"{operation}: no route")
        elif route.requires_member is not operation.is_secured:
            findings.append(
                f"{operation}: secured {operation.is_secured}, route requires a member {route.requires_member}"
            )
        elif route.authorizer and not route.requires_member:
            findings.append(f"{operation}: the route has another authorizer")
    return findings


def _get_http_events(deployed: Deployment) -> list[dict[str, Any]]:
    return [event["http"] for event in deployed["functions"]["api"]["events"]]


def _get_members_event(deployed: Deployment) -> dict[str, Any]:
    return next(http for http in _get_http_events(deployed) if http["path"] == _MEMBERS_PATH and "authorizer" in http)


def _add_event(deployed: Deployment, path: str, method: str = "any", **extra: Any) -> None:
    deployed["functions"]["api"]["events"].append({"http": {"path": path, "method": method, **extra}})


def _remove_events(deployed: Deployment, path: str) -> None:
    events = deployed["functions"]["api"]["events"]
    events[:] = [event for event in events if event["http"]["path"] != path]


def _get_resources(deployed: Deployment, file_name: str) -> dict[str, Any]:
    """Return the resources that a file of the deployment declares."""
    return next(resources for file, resources in deployed["resources"].items() if file_name in file)


def _get_authorizer_properties(deployed: Deployment) -> dict[str, Any]:
    properties: dict[str, Any] = _get_resources(deployed, "gateway.yml")["Authorizer"]["Properties"]
    return properties


def _put_authorizer_on_logins(deployed: Deployment) -> None:
    for http in _get_http_events(deployed):
        if http["path"] == "/v1/auth/{proxy+}":
            http["authorizer"] = _get_members_event(deployed)["authorizer"]


DEPLOYMENT_MISTAKES: Mapping[str, Callable[[Deployment], object]] = {
    "authorizer removed": lambda deployed: _get_members_event(deployed).pop("authorizer"),
    "authorizer null": lambda deployed: _get_members_event(deployed).update(authorizer=None),
    "authorizer IAM": lambda deployed: _get_members_event(deployed).update(authorizer="aws_iam"),
    "authorizer Lambda function": lambda deployed: _get_members_event(deployed).update(authorizer={"name": "check"}),
    "authorizer of another resource": lambda deployed: _get_members_event(deployed)["authorizer"].update(
        authorizerId={"Ref": "X"}
    ),
    "authorizer accepts ID tokens": lambda deployed: _get_members_event(deployed)["authorizer"].pop("scopes"),
    "authorizer with another scope": lambda deployed: _get_members_event(deployed)["authorizer"].update(
        scopes=["openid"]
    ),
    "authorizer of another user pool": lambda deployed: _get_authorizer_properties(deployed).update(
        ProviderARNs=[{"GetAtt": "Another.Arn"}]
    ),
    "authorizer with a second user pool": lambda deployed: _get_authorizer_properties(deployed)["ProviderARNs"].append(
        {"Ref": "Another"}
    ),
    "authorizer of type REQUEST": lambda deployed: _get_authorizer_properties(deployed).update(
        Type="REQUEST", AuthorizerUri="arn"
    ),
    "authorizer reads the query": lambda deployed: _get_authorizer_properties(deployed).update(
        IdentitySource="method.request.querystring.token"
    ),
    "authorizer of another API": lambda deployed: _get_authorizer_properties(deployed).update(
        RestApiId={"Ref": "Another"}
    ),
    "authorizer with a validation expression": lambda deployed: _get_authorizer_properties(deployed).update(
        IdentityValidationExpression=".*"
    ),
    "authorizer resource removed": lambda deployed: _get_resources(deployed, "gateway.yml").pop("Authorizer"),
    "authorizer resource duplicated": lambda deployed: _get_resources(deployed, "role.yml").update(
        Authorizer=copy.deepcopy(_get_resources(deployed, "gateway.yml")["Authorizer"])
    ),
    "exact path without authorizer": lambda deployed: _add_event(deployed, "/v1/dwipps"),
    "exact path and method without authorizer": lambda deployed: _add_event(deployed, "/v1/me", "delete"),
    "path parameter without authorizer": lambda deployed: _add_event(deployed, "/v1/dwipps/{id}", "patch"),
    "longer greedy path without authorizer": lambda deployed: _add_event(deployed, "/v1/dwipps/{proxy+}"),
    "method of the greedy path without authorizer": lambda deployed: _add_event(deployed, _MEMBERS_PATH, "get"),
    "login routes behind the authorizer": _put_authorizer_on_logins,
    "login routes removed": lambda deployed: _remove_events(deployed, "/v1/auth/{proxy+}"),
    "IAM authorizer on login": lambda deployed: _add_event(deployed, "/v1/auth/login", authorizer="aws_iam"),
    "page routes removed": lambda deployed: _remove_events(deployed, "/{proxy+}"),
}
ENTRY_POINTS: Mapping[str, Any] = {
    "function URL": {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE"}},
    "Lambda permission": {"Type": "AWS::Lambda::Permission"},
    "method without authorization": {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": "NONE"}},
    "API resource": {"Type": "AWS::ApiGateway::Resource"},
    "REST API": {"Type": "AWS::ApiGateway::RestApi"},
    "HTTP API": {"Type": "AWS::ApiGatewayV2::Api"},
    "load balancer target group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"},
    "nested stack": {"Type": "AWS::CloudFormation::Stack"},
    "override of an osls resource": {"Properties": {"AuthorizationType": "NONE"}},
    "further attribute of an osls resource": {"Properties": {"Architectures": ["arm64"]}, "DependsOn": "Url"},
    "mapping to the API": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"FunctionName": {"Ref": "ApiLambdaFunction"}},
    },
}
# Names and contents of files that declare an entry point.
FILES_WITH_ENTRY_POINTS: Mapping[str, tuple[str, str]] = {
    "resource in YAML": ("extra.yml", "Resources: {Url: {Type: AWS::Lambda::Url}}"),
    "resource for one parameter in YAML": ("extra.yml", '"on": {Resources: {Url: {Type: AWS::Lambda::Url}}}'),
    "extension in YAML": (
        "extra.yml",
        "extensions: {ApiGatewayMethodV1ProxyVarAny: {Properties: {AuthorizationType: NONE}}}",
    ),
    "resource in JavaScript": ("extra.js", "module.exports = () => ({Resources: {Url: {Type: 'AWS::Lambda::Url'}}})"),
    "extension in JavaScript": (
        "extra.js",
        "module.exports = () => ({extensions: {ApiGatewayMethodV1ProxyVarAny: {}}})",
    ),
}
DOCUMENT_MISTAKES: Mapping[str, Callable[[Spec], object]] = {
    "read without security": lambda published: published["paths"]["/v1/dwipps"]["get"].pop("security"),
    "write without security": lambda published: published["paths"]["/v1/me"]["delete"].pop("security"),
    "empty security": lambda published: published["paths"]["/v1/me"]["get"].update(security=[]),
    "optional security": lambda published: published["paths"]["/v1/me"]["get"]["security"].append({}),
    "login with security": lambda published: published["paths"]["/v1/auth/login"]["post"].update(
        security=[{"Member": []}]
    ),
    "login with global security": lambda published: (
        published.update(security=[{"Member": []}]),
        published["paths"]["/v1/auth/login"]["post"].pop("security"),
    ),
    "secured operation outside /v1": lambda published: published["paths"].update(
        {"/v2/me": published["paths"]["/v1/me"]}
    ),
    "secured operation among logins": lambda published: published["paths"].update(
        {"/v1/auth/me": published["paths"]["/v1/me"]}
    ),
    "open operation among secured ones": lambda published: published["paths"].update(
        {"/v1/health": published["paths"]["/health"]}
    ),
}


def test_document_and_deployment_agree(figures: Figures) -> None:
    published, deployed = load_document(), load_deployment()
    assert find_drift(published, deployed) == [], (
        "Adapt the events in serverless.yml or the security of the operations. If a route changed, run `make openapi`."
    )
    operations = list(iter_operations(published))
    secured = sum(operation.is_secured for operation in operations)
    figures("secured and open operations", f"{secured}, {len(operations) - secured}")
    assert secured >= 20


@pytest.mark.parametrize("mistake", DEPLOYMENT_MISTAKES)
def test_deployment_mistake_is_found(mistake: str) -> None:
    deployed = copy.deepcopy(load_deployment())
    DEPLOYMENT_MISTAKES[mistake](deployed)
    assert find_drift(load_document(), deployed)


@pytest.mark.parametrize("mistake", DOCUMENT_MISTAKES)
def test_document_mistake_is_found(mistake: str) -> None:
    published = copy.deepcopy(load_document())
    DOCUMENT_MISTAKES[mistake](published)
    assert find_drift(published, load_deployment())


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"httpApi": {"path": "/v1/me", "method": "get"}}, id="HTTP API"),
        pytest.param({"http": "GET /v1/me"}, id="short form"),
        pytest.param({"alb": {"listenerArn": "x", "priority": 1, "conditions": {"path": "/"}}}, id="load balancer"),
        pytest.param({"websocket": "$connect"}, id="WebSocket"),
        pytest.param({"schedule": {"rate": "rate(5 minutes)", "input": {"httpMethod": "GET"}}}, id="forged request"),
        pytest.param({"sqs": {"arn": "x"}}, id="queue"),
    ],
)
def test_unsupported_event_is_an_error(event: Mapping[str, Any]) -> None:
    deployed = copy.deepcopy(load_deployment())
    deployed["functions"]["api"]["events"].append(event)
    with pytest.raises(ValueError, match="unsupported event"):
        find_drift(load_document(), deployed)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"http": {"path": "/jobs", "method": "post"}}, id="REST API"),
        pytest.param({"sns": "topic"}, id="topic"),
        pytest.param({"schedule": "rate(5 minutes)", "http": {"path": "/jobs", "method": "post"}}, id="two events"),
    ],
)
def test_unsupported_event_of_the_worker_is_an_error(event: Mapping[str, Any]) -> None:
    deployed = copy.deepcopy(load_deployment())
    deployed["functions"]["worker"]["events"].append(event)
    with pytest.raises(ValueError, match="unsupported event"):
        find_drift(load_document(), deployed)


@pytest.mark.parametrize("file", ["data.yml", "gateway.yml", "responses.js", "alarms.yml", "release.js"])
@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_declared_entry_point_is_found(name: str, file: str) -> None:
    deployed = copy.deepcopy(load_deployment())
    _get_resources(deployed, file)["Added"] = ENTRY_POINTS[name]
    assert [finding for finding in find_drift(load_document(), deployed) if "Added" in finding]


@pytest.mark.parametrize("name", FILES_WITH_ENTRY_POINTS)
def test_entry_point_in_any_part_of_a_file_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_name, content = FILES_WITH_ENTRY_POINTS[name]
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / file_name).write_text(content)
    (tmp_path / "serverless.yml").write_text(f"resources: ['${{file(deploy/{file_name}):${{param:x}}}}']\n")
    monkeypatch.setattr(routes_module, "ROOT", tmp_path)
    assert list(find_entry_points(load_deployment()))


def test_reference_to_anything_but_a_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "serverless.yml").write_text("resources: ['${ssm:/extra}']\n")
    monkeypatch.setattr(routes_module, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="unsupported entry"):
        load_deployment()


def test_function_url_is_an_error() -> None:
    deployed = copy.deepcopy(load_deployment())
    deployed["functions"]["api"]["url"] = True
    with pytest.raises(ValueError, match="function URL"):
        find_drift(load_document(), deployed)


def test_document_has_every_route_except_the_pages() -> None:
    documented = {(operation.path, operation.method) for operation in iter_operations(load_document())}
    served = {(route.path, method) for route in iter_app_routes(app) for method in route.methods or ()}
    pages = {"/", "/docs", "/docs/{name}", "/openapi.json", "/problems"}
    assert {path for path, method in served - documented if method != "HEAD"} == pages, (
        "openapi.json differs from the routes of the app: run `make openapi`"
    )
