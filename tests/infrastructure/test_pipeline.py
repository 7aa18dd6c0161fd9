"""The pipeline runs the gate, dev, an approval and prod in this order. A role has only the permissions of its stage."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.configloader import load_config

from devstack.paths import ROOT
from scripts.settings import DATA_PARAMETERS, SERVICE_PARAMETERS
from testkit.templates import load_template
from tests.infrastructure import linters, policies
from tests.infrastructure.iam import ACCOUNT, Template

_TEMPLATES = [ROOT / "pipeline.yml", ROOT / "deploy" / "roles.yml", ROOT / "deploy" / "github-oidc.yml"]
_CONTENT = load_template(_TEMPLATES[0])
_PIPELINE = _CONTENT["Resources"]
_STAGES = _PIPELINE["Pipeline"]["Properties"]["Stages"]

# Actions that support no resource types, according to the service authorization reference of AWS.
_ACTIONS_WITHOUT_RESOURCES = {
    "cloudformation:ValidateTemplate",
    "codedeploy:StopDeployment",
    "codepipeline:ListPipelines",
    "cognito-idp:CreateUserPool",
    "ecr:GetAuthorizationToken",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "secretsmanager:GetRandomPassword",
    "ses:GetAccount",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
_PUSH_POLICY = "dwipper-push"
_PROD_ACCOUNT = "210987654321"
_MAX_BUILD_MINUTES = 90


def _get_stage_names(stages: list[dict[str, Any]]) -> list[str]:
    return [stage["Name"] for stage in stages]


def _lacks_approval(stages: list[dict[str, Any]]) -> bool:
    """Return True if there is a stage Prod, and the stage before it is no approval."""
    approvals = {stage["Name"] for stage in stages if stage["Actions"][0]["ActionTypeId"]["Category"] == "Approval"}
    return ("Prod" in _get_stage_names(stages)) and not any(
        before["Name"] in approvals and after["Name"] == "Prod" for before, after in pairwise(stages)
    )


def _get_deployment_policies(role: str, prod_account: str = ACCOUNT) -> set[str]:
    """Return the names of the policies in deploy/roles.yml that a role of the pipeline has."""
    template = Template(_CONTENT, ProdAccount=prod_account)
    attached = template.resolve(_PIPELINE[role]["Properties"]["ManagedPolicyArns"])
    return {arn.rpartition("/")[2] for arn in attached} - {"BuildPolicy"}


def _get_build_projects() -> dict[str, Any]:
    """Return the properties of the CodeBuild projects by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in _PIPELINE.items()
        if resource["Type"] == "AWS::CodeBuild::Project"
    }


@pytest.mark.parametrize("template", _TEMPLATES, ids=lambda template: template.name)
class TestTemplate:
    @pytest.mark.slow
    def test_cfn_lint_has_no_findings(self, template: Path) -> None:
        assert linters.run_cfn_lint(template) == []

    def test_policies_have_no_wildcard_actions(self, template: Path) -> None:
        assert policies.find_wildcard_actions(load_template(template)) == set()

    def test_unrestricted_actions_support_no_resources(self, template: Path) -> None:
        unrestricted = policies.find_unrestricted_actions(load_template(template))
        assert unrestricted <= _ACTIONS_WITHOUT_RESOURCES


class TestSeededMistake:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("mistake", "rule"),
        [
            (("RetentionInDays", "RetentionInDay"), "E3002"),
            (("!Ref BuildLog", "!Ref BuildLogs"), "E1020"),
            (("Result: ROLLBACK", "Result: BACK"), "E3030"),
            (("!Equals [!Ref PipelineEmail", "!Equals [!Ref PipelineMail"), "E1020"),
        ],
        ids=["unknown-property", "unknown-reference", "invalid-value", "unknown-parameter"],
    )
    def test_cfn_lint_finds_mistake(self, mistake: tuple[str, str], rule: str, tmp_path: Path) -> None:
        (tmp_path / "seeded.yml").write_text(_TEMPLATES[0].read_text().replace(*mistake, 1))
        assert rule in linters.run_cfn_lint(tmp_path / "seeded.yml")

    def test_wildcard_action_is_found(self) -> None:
        statement = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
        assert policies.find_wildcard_actions({"Resources": [statement]}) == {"s3:*"}
        assert policies.find_unrestricted_actions({"Resources": [statement]}) == {"s3:*"}

    @pytest.mark.parametrize(
        "order",
        [[0, 1, 2, 3, 5], [0, 1, 2, 4, 3, 5], [0, 1, 2, 3, 5, 4]],
        ids=["no-approval", "approval-before-dev", "approval-after-prod"],
    )
    def test_prod_without_approval_is_found(self, order: list[int]) -> None:
        assert _lacks_approval([_STAGES[number] for number in order])


class TestStages:
    def test_stages_lead_from_the_gate_through_dev_and_approval_to_prod(self) -> None:
        assert _get_stage_names(_STAGES) == ["Source", "Test", "Image", "Dev", "Approval", "Prod"]
        assert not _lacks_approval(_STAGES)

    @pytest.mark.parametrize("stage", [_STAGES[3], _STAGES[5]], ids=lambda stage: str(stage["Name"]))
    def test_stage_deploys_smoke_tests_and_rolls_back_on_failure(self, stage: dict[str, Any]) -> None:
        assert stage["OnFailure"] == {"Result": "ROLLBACK"}
        assert [(action["Name"], action["RunOrder"]) for action in stage["Actions"]] == [("Deploy", 1), ("Smoke", 2)]
        projects = {action["Configuration"]["ProjectName"]["Ref"] for action in stage["Actions"]}
        assert projects == {f"{stage['Name']}Project"}


class TestBuild:
    def test_only_the_image_build_is_privileged_and_on_the_architecture(self) -> None:
        environments = {name: project["Environment"] for name, project in _get_build_projects().items()}
        privileged = [name for name, environment in environments.items() if environment.get("PrivilegedMode")]
        assert privileged == ["ImageProject"]
        assert environments["ImageProject"]["Type"] == {"If": ["BuildsOnArm", "ARM_CONTAINER", "LINUX_CONTAINER"]}
        assert "arm64" in str(load_template(_TEMPLATES[0])["Conditions"]["BuildsOnArm"])

    def test_variables_of_a_stage_are_settings_of_the_deployment(self) -> None:
        settings = {*DATA_PARAMETERS, *SERVICE_PARAMETERS, "DEPLOYER_ROLE_ARN", "STAGE"}
        for project in ("DevProject", "ProdProject"):
            variables = _get_build_projects()[project]["Environment"]["EnvironmentVariables"]
            assert {variable["Name"] for variable in variables} <= settings

    def test_each_project_has_its_own_role_a_timeout_and_a_log(self) -> None:
        projects = _get_build_projects().values()
        roles = [project["ServiceRole"]["GetAtt"] for project in projects]
        assert len(set(roles)) == len(roles)
        assert all(project["TimeoutInMinutes"] <= _MAX_BUILD_MINUTES for project in projects)
        assert all(project["LogsConfig"]["CloudWatchLogs"]["GroupName"] == {"Ref": "BuildLog"} for project in projects)
        assert _PIPELINE["BuildLog"]["Properties"]["RetentionInDays"] == 90

    def test_each_project_has_a_buildspec_in_the_repository(self) -> None:
        for project in _get_build_projects().values():
            buildspec = yaml.safe_load((ROOT / project["Source"]["BuildSpec"]).read_text())
            assert buildspec["phases"]["build"]["commands"]

    def test_each_role_has_the_policies_of_its_stage_only(self) -> None:
        assert _get_deployment_policies("TestRole") == set()
        assert _get_deployment_policies("ImageRole") == {_PUSH_POLICY}
        assert _get_deployment_policies("DevRole") == {"dwipper-dev-deploy"}
        assert _get_deployment_policies("ProdRole") == {"dwipper-prod-deploy"}


class TestProdInItsOwnAccount:
    def test_build_may_only_become_the_deployer_of_that_account(self) -> None:
        template = Template(_CONTENT, ProdAccount=_PROD_ACCOUNT)
        (role,) = [
            template.resolve(statement)
            for statement in policies.find_statements(_PIPELINE["ProdRole"])
            if statement.get("Sid") == "BecomeDeployer"
        ]
        assert _get_deployment_policies("ProdRole", _PROD_ACCOUNT) == set()
        assert role["Resource"] == f"arn:aws:iam::{_PROD_ACCOUNT}:role/dwipper-prod-deployer"
        (variable,) = [
            template.resolve(each["Value"])
            for each in _PIPELINE["ProdProject"]["Properties"]["Environment"]["EnvironmentVariables"]
            if each["Name"] == "DEPLOYER_ROLE_ARN"
        ]
        assert variable == role["Resource"]

    def test_deployer_trusts_only_the_build_of_its_stage(self) -> None:
        roles = load_template(ROOT / "deploy" / "roles.yml")
        template = Template(roles, Stage="prod", PipelineAccount=ACCOUNT)
        deployer = template.resolve(roles["Resources"]["DeployerRole"]["Properties"])
        build = Template(_CONTENT).resolve(_PIPELINE["ProdRole"]["Properties"]["RoleName"])
        (trust,) = policies.find_statements(deployer["AssumeRolePolicyDocument"])
        assert deployer["RoleName"] == "dwipper-prod-deployer"
        assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{build}"}}

    @pytest.mark.parametrize("arn", ["", "arn:aws:iam::210987654321:role/dwipper-prod-deployer"], ids=["none", "role"])
    def test_build_uses_the_role_of_the_other_account_if_there_is_one(self, arn: str, tmp_path: Path) -> None:
        buildspec = yaml.safe_load((ROOT / "deploy" / "buildspec-stage.yml").read_text())
        script = buildspec["phases"]["build"]["commands"][0] + '\necho "${AWS_PROFILE:-}"'
        environment = {"PATH": os.defpath, "HOME": str(tmp_path), "DEPLOYER_ROLE_ARN": arn}
        command = ["bash", "-eu", "-c", script]
        profile = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        assert bool(profile) == bool(arn)
        if arn:
            settings = load_config(str(tmp_path / "deployer"))["profiles"][profile]
            assert settings == {"role_arn": arn, "credential_source": "EcsContainer"}


class TestOperator:
    def test_each_rollback_is_permitted(self) -> None:
        deployed = [stage["Name"] for stage in _STAGES if "OnFailure" in stage]
        (statement,) = [each for each in policies.find_statements(_PIPELINE) if each.get("Sid") == "RollBack"]
        assert "codepipeline:RollbackStage" in statement["Action"]
        assert [each["Sub"].rpartition("/")[2] for each in statement["Resource"]] == deployed == ["Dev", "Prod"]

    def test_the_approval_is_permitted(self) -> None:
        (approval,) = [stage for stage in _STAGES if stage["Name"] == "Approval"]
        (statement,) = [each for each in policies.find_statements(_PIPELINE) if each.get("Sid") == "Approve"]
        assert statement["Resource"]["Sub"].endswith(f":${{Pipeline}}/Approval/{approval['Actions'][0]['Name']}")


def test_artifacts_are_encrypted_private_and_retained() -> None:
    bucket = _PIPELINE["Artifacts"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert {"BucketEncryption", "LifecycleConfiguration"} <= bucket["Properties"].keys()
    denied = policies.find_actions(_PIPELINE["ArtifactsPolicy"], "Deny")
    assert denied == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}


def test_failed_runs_notify_the_topic() -> None:
    rule = _PIPELINE["TellOfFailures"]["Properties"]
    assert rule["EventPattern"]["detail"] == {"pipeline": [{"Ref": "Pipeline"}], "state": ["FAILED"]}
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "Topic"}]
