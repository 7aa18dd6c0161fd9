"""In one account, the roles of a stage reach all of their stage, and nothing of the other stage.

The test evaluates each action of each role on each resource of both stages. A caller can choose any tags, services,
principals and boundaries. `_READABLE` and `_UNBOUND` are all exceptions.
"""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import policies, stage_resources
from tests.infrastructure.iam import ACCOUNT, REGION, Policies, Request, Template
from tests.infrastructure.stage_resources import SHARED, Resource, make_tags

pytestmark = pytest.mark.slow

_CONTENT = load_template(ROOT / "deploy" / "roles.yml")
_ROLES = {
    "deployer": ("DeployPolicy", "PushPolicy"),
    "cloudformation": ("CloudFormationRole",),
    "functions": ("FunctionBoundary",),
}
_STAGES = ("dev", "prod")
# CloudFormation finds log groups and alarms in lists, and CodeDeploy reads the states of alarms.
_READABLE = {"cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"}
# Actions without resource types. The first three need a random id that only the stage of the resource can list. The
# others change nothing that exists.
_UNBOUND = {
    "codedeploy:StopDeployment",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
    "cloudformation:ValidateTemplate",
    "cognito-idp:CreateUserPool",
    "lambda:GetAccountSettings",
    "secretsmanager:GetRandomPassword",
    "ses:GetAccount",
    "sns:GetSubscriptionAttributes",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def _get_other(stage: str) -> str:
    return "prod" if stage == "dev" else "dev"


def _load_documents(role: str, stage: str, content: Mapping[str, Any] = _CONTENT) -> list[dict[str, Any]]:
    template = Template(content, Stage=stage, DomainName=stage_resources.get_domain(stage))
    return list(template.find_documents(*_ROLES[role]))


def _load_policies(role: str, stage: str) -> Policies:
    return Policies(_load_documents(role, stage))


def _find_contexts(service: str) -> Iterator[dict[str, str]]:
    """Yield the condition keys that a caller can choose for an action."""
    tags = [{}, *(make_tags(stage, "RequestTag") for stage in _STAGES)]
    choices: list[dict[str, str]] = [{}]
    if service == "iam":
        boundaries = [f"arn:aws:iam::{ACCOUNT}:policy/dwipper-{stage}-function" for stage in _STAGES]
        services = [f"{name}.amazonaws.com" for name in ("cloudformation", "codedeploy", "lambda")]
        choices += [{"iam:PermissionsBoundary": each} for each in boundaries]
        choices += [{"iam:PassedToService": each} for each in services]
    if service == "lambda":
        choices += [{"lambda:Principal": each} for each in ("apigateway.amazonaws.com", "*", ACCOUNT)]
    yield from (first | second for first, second in itertools.product(tags, choices))


def _reaches(held: Policies, action: str, resource: Resource) -> bool:
    service = action.partition(":")[0]
    contexts = _find_contexts(service) if resource.service in {service, SHARED} else ()
    return any(held.allows(Request(action, resource.arn, {**resource.keys, **each})) for each in contexts)


def _find_crossings(documents: list[dict[str, Any]], other: str) -> set[tuple[str, str]]:
    """Return each action that policies allow on a resource of another stage, with its ARN."""
    held = Policies(documents)
    actions = policies.find_actions(documents) - _READABLE - _UNBOUND
    pairs = itertools.product(sorted(actions), stage_resources.find_resources(other))
    return {(action, resource.arn) for action, resource in pairs if _reaches(held, action, resource)}


@pytest.mark.parametrize("stage", _STAGES)
@pytest.mark.parametrize("role", _ROLES)
class TestRole:
    def test_it_reaches_nothing_of_the_other_stage(self, role: str, stage: str) -> None:
        assert _find_crossings(_load_documents(role, stage), _get_other(stage)) == set()

    def test_each_of_its_actions_reaches_something_of_its_stage(self, role: str, stage: str) -> None:
        documents = _load_documents(role, stage)
        own = [
            *stage_resources.find_resources(stage),
            *stage_resources.find_new_resources(stage),
            *stage_resources.find_shared_resources(),
        ]
        held = Policies(documents)
        actions = sorted(policies.find_actions(documents))
        assert [action for action in actions if not any(_reaches(held, action, each) for each in own)] == []


def _remove_condition(sid: str) -> Callable[[dict[str, Any]], None]:
    def remove(statement: dict[str, Any]) -> None:
        if statement.get("Sid") == sid:
            del statement["Condition"]

    return remove


def _replace_resource(sid: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def replace(statement: dict[str, Any]) -> None:
        if statement.get("Sid") == sid:
            resources = policies.as_list(statement["Resource"])
            statement["Resource"] = [{"Sub": each["Sub"].replace(old, new)} for each in resources]

    return replace


@pytest.mark.parametrize(
    ("role", "change"),
    [
        pytest.param("cloudformation", _remove_condition("Api"), id="api-without-tags"),
        pytest.param("cloudformation", _remove_condition("Pool"), id="pool-without-tags"),
        pytest.param("cloudformation", _remove_condition("TagPool"), id="any-pool-may-be-tagged"),
        pytest.param("cloudformation", _remove_condition("TagMapping"), id="any-mapping-may-be-tagged"),
        pytest.param("cloudformation", _remove_condition("Mapping"), id="mapping-of-any-function"),
        pytest.param("cloudformation", _remove_condition("CreateMapping"), id="new-mapping-of-any-function"),
        pytest.param("cloudformation", _replace_resource("TagNewApi", "${!*}", "*"), id="any-api-may-be-tagged"),
        pytest.param("cloudformation", _replace_resource("TagApiStage", "${Stage}", "*"), id="tags-of-any-api-stage"),
        pytest.param("cloudformation", _replace_resource("Firewall", "dwipper-${Stage}", "*"), id="any-web-acl"),
        pytest.param("cloudformation", _replace_resource("AttachFirewall", "${Stage}", "*"), id="web-acl-of-any-api"),
        pytest.param("cloudformation", _replace_resource("Functions", "${Stage}-", ""), id="functions-of-any-stage"),
        pytest.param("cloudformation", _replace_resource("Tables", "${Stage}-", ""), id="tables-of-any-stage"),
        pytest.param("cloudformation", _replace_resource("Logs", "-${Stage}", "*"), id="logs-of-any-stage"),
        pytest.param("cloudformation", _replace_resource("Roles", "${Stage}-", "*"), id="roles-of-any-stage"),
        pytest.param("cloudformation", _replace_resource("DomainMapping", "${DomainName}", "*"), id="any-domain"),
        pytest.param("deployer", _replace_resource("DeployStacks", "${Stage}", "*"), id="stacks-of-any-stage"),
        pytest.param("deployer", _replace_resource("TagApiStage", "${Stage}", "*"), id="deployer-tags-any-api-stage"),
        pytest.param("deployer", _remove_condition("ConfirmSmokeTestUser"), id="user-of-any-pool"),
        pytest.param("functions", _remove_condition("Pool"), id="function-with-any-pool"),
        pytest.param("functions", _replace_resource("Secrets", "${Stage}-", ""), id="function-with-any-secret"),
    ],
)
def test_seeded_mistake_is_found(role: str, change: Callable[[dict[str, Any]], None]) -> None:
    content = copy.deepcopy(_CONTENT)
    for statement in policies.find_statements(content["Resources"]):
        change(statement)
    assert content != _CONTENT
    assert _find_crossings(_load_documents(role, "dev", content), "prod")


def _make_arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


_DEV = make_tags("dev", "RequestTag")
_POOL = _make_arn("cognito-idp", f"userpool/{REGION}_1")
_FUNCTION = _make_arn("lambda", "function:dwipper-dev-api")
_API = f"arn:aws:apigateway:{REGION}::/restapis"


class TestTakeover:
    """The first step of a takeover is a tag, a caller or a role."""

    @pytest.mark.parametrize("stage", ["prod", "test"])
    def test_pool_of_another_stage_cannot_be_tagged(self, stage: str) -> None:
        held = _load_policies("cloudformation", "dev")
        keys = {**_DEV, **make_tags(stage)}
        assert not held.allows(Request("cognito-idp:TagResource", _POOL, keys))
        assert not held.allows(Request("cognito-idp:UntagResource", _POOL, make_tags(stage)))

    def test_new_pool_gets_only_the_tags_of_the_stage(self) -> None:
        held = _load_policies("cloudformation", "dev")
        for action, resource in (("cognito-idp:CreateUserPool", "*"), ("cognito-idp:TagResource", _POOL)):
            assert held.allows(Request(action, resource, _DEV))
            assert not held.allows(Request(action, resource))
            assert not held.allows(Request(action, resource, make_tags("prod", "RequestTag")))

    def test_api_is_created_with_the_tags_of_the_stage(self) -> None:
        held = _load_policies("cloudformation", "dev")
        assert held.allows(Request("apigateway:POST", _API, _DEV))
        assert not held.allows(Request("apigateway:POST", _API))
        assert not held.allows(Request("apigateway:POST", _API, make_tags("prod", "RequestTag")))

    def test_api_without_tags_cannot_be_changed(self) -> None:
        held = _load_policies("cloudformation", "dev")
        assert not held.allows(Request("apigateway:PATCH", f"{_API}/other"))

    @pytest.mark.parametrize(
        ("principal", "is_allowed"),
        [
            ("apigateway.amazonaws.com", True),
            ("events.amazonaws.com", True),
            ("s3.amazonaws.com", False),
            ("210987654321", False),
            ("arn:aws:iam::210987654321:root", False),
            ("*", False),
        ],
    )
    def test_function_can_be_called_by_two_services_only(self, principal: str, is_allowed: bool) -> None:
        held = _load_policies("cloudformation", "dev")
        request = Request("lambda:AddPermission", _FUNCTION, {"lambda:Principal": principal})
        assert held.allows(request) == is_allowed

    @pytest.mark.parametrize("role", ["CodeDeployRole", "FunctionRole", "WorkerRole"])
    def test_role_needs_the_boundary_of_its_stage(self, role: str) -> None:
        held = _load_policies("cloudformation", "dev")
        arn = f"arn:aws:iam::{ACCOUNT}:role/dwipper-dev-{role}-1A"
        boundary = {stage: f"arn:aws:iam::{ACCOUNT}:policy/dwipper-{stage}-function" for stage in _STAGES}
        assert held.allows(Request("iam:CreateRole", arn, {"iam:PermissionsBoundary": boundary["dev"]}))
        assert not held.allows(Request("iam:CreateRole", arn, {"iam:PermissionsBoundary": boundary["prod"]}))
        assert not held.allows(Request("iam:CreateRole", arn))
        assert not held.allows(Request("iam:DeleteRolePermissionsBoundary", arn))
