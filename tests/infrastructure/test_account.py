"""The stacks that a person creates once, for an account and for each stage, can be created."""

from typing import Any

import pytest

from devstack import clients
from devstack.paths import ROOT
from devstack.process import Service
from scripts import stacks
from testkit.templates import load_template
from tests.infrastructure.iam import Template

REGION = "us-east-1"
_ACCOUNT = load_template(ROOT / "deploy" / "account.yml")
_KEPT_ROLE = "arn:aws:iam::123456789012:role/of-another-team"


def _deploy(embedded: Service, name: str, template: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Create a stack, or update it, and return it."""
    cloudformation = clients.cloudformation_client(embedded.endpoint, REGION)
    action = "update" if stacks.find(cloudformation, name) else "create"
    getattr(cloudformation, f"{action}_stack")(
        StackName=name,
        TemplateBody=(ROOT / "deploy" / template).read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    waiter: Any = cloudformation.get_waiter(f"stack_{action}_complete")  # type: ignore[call-overload]
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return dict(stack)


@pytest.mark.parametrize(
    ("template", "parameters"),
    [
        ("roles.yml", {"Stage": "dev"}),
        ("roles.yml", {"Stage": "prod", "DomainName": "api.example.org", "PipelineAccount": "210987654321"}),
    ],
    ids=["roles-dev", "roles-prod"],
)
def test_one_time_stack_can_be_created(template: str, parameters: dict[str, str], embedded: Service) -> None:
    assert _deploy(embedded, f"once-roles-{parameters['Stage']}", template, parameters)["Outputs"]


class TestGatewayLogs:
    def test_role_of_the_account_is_replaced_only_on_request(self, embedded: Service) -> None:
        gateway = clients.apigateway_client(embedded.endpoint, REGION)
        operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": _KEPT_ROLE}
        gateway.update_account(patchOperations=[operation])

        assert _deploy(embedded, "once-account", "account.yml", {"GatewayLogs": "keep"})["Outputs"]
        assert gateway.get_account()["cloudwatchRoleArn"] == _KEPT_ROLE
        _deploy(embedded, "once-account", "account.yml", {"GatewayLogs": "create"})
        created = gateway.get_account()["cloudwatchRoleArn"]
        assert "GatewayLogRole" in created

        _deploy(embedded, "once-account", "account.yml", {"GatewayLogs": "keep"})
        assert gateway.get_account()["cloudwatchRoleArn"] == created

    def test_choice_of_the_log_role_has_no_default(self) -> None:
        assert "Default" not in _ACCOUNT["Parameters"]["GatewayLogs"]

    def test_created_role_is_retained(self) -> None:
        for name in ("GatewayAccount", "GatewayLogRole"):
            resource = _ACCOUNT["Resources"][name]
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


class TestBudget:
    def test_mails_are_sent_at_80_percent_and_on_a_forecast_above_100(self) -> None:
        template = Template(_ACCOUNT, BudgetEmail="you@example.org", BudgetAmount="50")
        budget = template.resolve(_ACCOUNT["Resources"]["Budget"]["Properties"])
        assert budget["Budget"]["BudgetLimit"] == {"Amount": "50", "Unit": "USD"}
        notifications = {
            (each["Notification"]["NotificationType"], each["Notification"]["Threshold"]): each["Subscribers"]
            for each in budget["NotificationsWithSubscribers"]
        }
        subscribers = [{"SubscriptionType": "EMAIL", "Address": "you@example.org"}]
        assert notifications == {("ACTUAL", 80): subscribers, ("FORECASTED", 100): subscribers}

    @pytest.mark.parametrize(("email", "has_budget"), [("", False), ("you@example.org", True)], ids=["none", "email"])
    def test_budget_exists_only_with_an_email(self, email: str, has_budget: bool) -> None:
        condition = {"If": [_ACCOUNT["Resources"]["Budget"]["Condition"], True, False]}
        assert Template(_ACCOUNT, BudgetEmail=email).resolve(condition) == has_budget


class TestImages:
    def test_only_the_account_of_dev_may_send_and_only_to_the_repository(self) -> None:
        template = Template(_ACCOUNT, CopyImagesFrom="210987654321")
        statement = _ACCOUNT["Resources"]["ImageSource"]["Properties"]["PolicyText"]["Statement"][0]
        assert template.resolve(statement["Principal"]) == {"AWS": "arn:aws:iam::210987654321:root"}
        assert (statement["Action"], statement["Resource"]) == ("ecr:ReplicateImage", {"GetAtt": "Repository.Arn"})

    @pytest.mark.parametrize("resource", ["ImageCopies", "ImageSource"])
    def test_one_account_copies_no_images(self, resource: str) -> None:
        condition = {"If": [_ACCOUNT["Resources"][resource]["Condition"], True, False]}
        assert Template(_ACCOUNT).resolve(condition) is False
