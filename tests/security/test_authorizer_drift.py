"""What the published document says is for members is what API Gateway lets members alone through to, and no more."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.main import app
from testkit import routes as routes_
from testkit.operations import document, iter_operations
from testkit.routes import deployment, routes, select_route
from tests.conftest import Figures
from tests.security.entry_points import guards, ways_in

Spec = dict[str, Any]
Deployment = dict[str, Any]

_MEMBERS = "/v1/{proxy+}"


def drift(published: Mapping[str, Any], deployed: Mapping[str, Any]) -> list[str]:
    """Every operation of which the two say different things, or which no route takes; and every way past them."""
    all_routes = list(routes(deployed))
    found = list(ways_in(deployed))
    if not guards(deployed):
        found.append("the authorizer: not the members' own")
    for operation in iter_operations(published):
        route = select_route(all_routes, operation.method, operation.path)
        if route is None:
            found.append(f"{operation}: no route")
        elif route.requires_member is not operation.secured:
            found.append(f"{operation}: secured {operation.secured}, behind the authorizer {route.requires_member}")
        elif route.authorizer and not route.requires_member:
            found.append(f"{operation}: an authorizer that is not the members' own")
    return found


def _http(deployed: Deployment) -> list[dict[str, Any]]:
    return [event["http"] for event in deployed["functions"]["api"]["events"]]


def _for_members(deployed: Deployment) -> dict[str, Any]:
    return next(http for http in _http(deployed) if http["path"] == _MEMBERS and "authorizer" in http)


def _add(deployed: Deployment, path: str, method: str = "any", **more: Any) -> None:
    deployed["functions"]["api"]["events"].append({"http": {"path": path, "method": method, **more}})


def _remove(deployed: Deployment, path: str) -> None:
    events = deployed["functions"]["api"]["events"]
    events[:] = [event for event in events if event["http"]["path"] != path]


def _file(deployed: Deployment, name: str) -> dict[str, Any]:
    """What a file of the deployment declares."""
    return next(resources for file, resources in deployed["resources"].items() if name in file)


def _authorizer(deployed: Deployment) -> dict[str, Any]:
    properties: dict[str, Any] = _file(deployed, "gateway.yml")["Authorizer"]["Properties"]
    return properties


def _guard_logins(deployed: Deployment) -> None:
    for http in _http(deployed):
        if http["path"] == "/v1/auth/{proxy+}":
            http["authorizer"] = _for_members(deployed)["authorizer"]


DEPLOYMENTS: Mapping[str, Callable[[Deployment], object]] = {
    "the authorizer is gone": lambda it: _for_members(it).pop("authorizer"),
    "the authorizer is null": lambda it: _for_members(it).update(authorizer=None),
    "the authorizer is IAM": lambda it: _for_members(it).update(authorizer="aws_iam"),
    "the authorizer is a function": lambda it: _for_members(it).update(authorizer={"name": "check"}),
    "the authorizer is somebody else's": lambda it: _for_members(it)["authorizer"].update(authorizerId={"Ref": "X"}),
    "the authorizer takes ID tokens": lambda it: _for_members(it)["authorizer"].pop("scopes"),
    "the authorizer takes another scope": lambda it: _for_members(it)["authorizer"].update(scopes=["openid"]),
    "the authorizer asks another pool": lambda it: _authorizer(it).update(ProviderARNs=[{"GetAtt": "Another.Arn"}]),
    "the authorizer asks a pool more": lambda it: _authorizer(it)["ProviderARNs"].append({"Ref": "Another"}),
    "the authorizer asks a function": lambda it: _authorizer(it).update(Type="REQUEST", AuthorizerUri="arn"),
    "the authorizer looks at the query": lambda it: _authorizer(it).update(
        IdentitySource="method.request.querystring.token"
    ),
    "the authorizer is another API's": lambda it: _authorizer(it).update(RestApiId={"Ref": "Another"}),
    "the authorizer has a rule of its own": lambda it: _authorizer(it).update(IdentityValidationExpression=".*"),
    "the authorizer is nowhere": lambda it: _file(it, "gateway.yml").pop("Authorizer"),
    "the authorizer is there twice": lambda it: _file(it, "role.yml").update(
        Authorizer=copy.deepcopy(_file(it, "gateway.yml")["Authorizer"])
    ),
    "an exact path without it": lambda it: _add(it, "/v1/dwipps"),
    "an exact path and method without it": lambda it: _add(it, "/v1/me", "delete"),
    "a path with a parameter without it": lambda it: _add(it, "/v1/dwipps/{id}", "patch"),
    "a longer greedy path without it": lambda it: _add(it, "/v1/dwipps/{proxy+}"),
    "a method of the greedy path without it": lambda it: _add(it, _MEMBERS, "get"),
    "logins behind it": _guard_logins,
    "logins with no path of their own": lambda it: _remove(it, "/v1/auth/{proxy+}"),
    "an authorizer of another kind for logins": lambda it: _add(it, "/v1/auth/login", authorizer="aws_iam"),
    "nobody serves the pages": lambda it: _remove(it, "/{proxy+}"),
}
DECLARED: Mapping[str, Any] = {
    "a function URL": {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE"}},
    "a permission for others": {"Type": "AWS::Lambda::Permission"},
    "an open method": {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": "NONE"}},
    "a path": {"Type": "AWS::ApiGateway::Resource"},
    "an API": {"Type": "AWS::ApiGateway::RestApi"},
    "an HTTP API": {"Type": "AWS::ApiGatewayV2::Api"},
    "a load balancer": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"},
    "another template": {"Type": "AWS::CloudFormation::Stack"},
    "a change of what osls makes": {"Properties": {"AuthorizationType": "NONE"}},
}
FILES = (
    "more.yml: Resources: {Url: {Type: AWS::Lambda::Url}}",
    'more.yml: "on": {Resources: {Url: {Type: AWS::Lambda::Url}}}',
    "more.yml: extensions: {ApiGatewayMethodV1ProxyVarAny: {Properties: {AuthorizationType: NONE}}}",
    "more.js: module.exports = () => ({Resources: {Url: {Type: 'AWS::Lambda::Url'}}})",
    "more.js: module.exports = () => ({extensions: {ApiGatewayMethodV1ProxyVarAny: {}}})",
)
SPECS: Mapping[str, Callable[[Spec], object]] = {
    "a read without security": lambda it: it["paths"]["/v1/dwipps"]["get"].pop("security"),
    "a write without security": lambda it: it["paths"]["/v1/me"]["delete"].pop("security"),
    "security that is empty": lambda it: it["paths"]["/v1/me"]["get"].update(security=[]),
    "security that is optional": lambda it: it["paths"]["/v1/me"]["get"]["security"].append({}),
    "a login with security": lambda it: it["paths"]["/v1/auth/login"]["post"].update(security=[{"Member": []}]),
    "security of everything": lambda it: it.update(security=[{"Member": []}]),
    "an operation for members outside": lambda it: it["paths"].update({"/v2/me": it["paths"]["/v1/me"]}),
    "a new operation for members among logins": lambda it: it["paths"].update({"/v1/auth/me": it["paths"]["/v1/me"]}),
    "a new open operation among members": lambda it: it["paths"].update({"/v1/health": it["paths"]["/health"]}),
}


def test_the_document_and_the_gateway_agree_on_every_operation(figures: Figures) -> None:
    published, deployed = document(), deployment()
    assert drift(published, deployed) == []
    every = list(iter_operations(published))
    secured = sum(operation.secured for operation in every)
    figures("operations behind the authorizer, and open", f"{secured}, {len(every) - secured}")
    assert secured >= 20


@pytest.mark.parametrize("mistake", DEPLOYMENTS)
def test_a_mistake_in_the_deployment_is_found(mistake: str) -> None:
    deployed = copy.deepcopy(deployment())
    DEPLOYMENTS[mistake](deployed)
    assert drift(document(), deployed)


@pytest.mark.parametrize("mistake", SPECS)
def test_a_mistake_in_the_document_is_found(mistake: str) -> None:
    published = copy.deepcopy(document())
    SPECS[mistake](published)
    assert drift(published, deployment())


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"httpApi": {"path": "/v1/me", "method": "get"}}, id="another kind of API"),
        pytest.param({"http": "GET /v1/me"}, id="the short form"),
        pytest.param({"alb": {"listenerArn": "x", "priority": 1, "conditions": {"path": "/"}}}, id="a load balancer"),
        pytest.param({"websocket": "$connect"}, id="sockets"),
    ],
)
def test_a_way_in_that_is_not_looked_at_is_no_silent_one(event: Mapping[str, Any]) -> None:
    deployed = copy.deepcopy(deployment())
    deployed["functions"]["api"]["events"].append(event)
    with pytest.raises(ValueError, match="not looked at"):
        drift(document(), deployed)


@pytest.mark.parametrize("file", ["data.yml", "gateway.yml", "responses.js", "alarms.yml", "serverless.yml"])
@pytest.mark.parametrize("name", DECLARED)
def test_a_way_in_that_a_file_declares_is_found(name: str, file: str) -> None:
    deployed = copy.deepcopy(deployment())
    _file(deployed, file)["Added"] = DECLARED[name]
    assert [found for found in drift(document(), deployed) if "Added" in found]


@pytest.mark.parametrize("file", FILES)
def test_whatever_is_in_a_file_is_looked_at(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, text = file.partition(": ")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / name).write_text(text)
    (tmp_path / "serverless.yml").write_text(f"resources: ['${{file(deploy/{name}):${{param:x}}}}']\n")
    monkeypatch.setattr(routes_, "_ROOT", tmp_path)
    assert list(ways_in(deployment()))


def test_what_is_no_file_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "serverless.yml").write_text("resources: ['${ssm:/more}']\n")
    monkeypatch.setattr(routes_, "_ROOT", tmp_path)
    with pytest.raises(ValueError, match="not looked at"):
        deployment()


def test_a_function_url_is_no_silent_way_in() -> None:
    deployed = copy.deepcopy(deployment())
    deployed["functions"]["api"]["url"] = True
    with pytest.raises(ValueError, match="function URL"):
        drift(document(), deployed)


def test_no_route_of_the_app_but_pages_is_missing_in_the_document() -> None:
    described = {(operation.path, operation.method) for operation in iter_operations(document())}
    served = {(route.path, method) for route in iter_route_contexts(app.routes) for method in route.methods or ()}
    assert {path for path, method in served - described if method != "HEAD"} == {
        "/",
        "/docs",
        "/docs/{name}",
        "/openapi.json",
        "/problems",
    }
