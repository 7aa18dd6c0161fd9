"""The pipeline goes the way that it says, and nobody in it may do more than their part of it."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.api import ROOT
from tests.infrastructure import linters, policies

_TEMPLATES = [ROOT / "pipeline.yml", ROOT / "deploy" / "roles.yml", ROOT / "deploy" / "github-oidc.yml"]
_PIPELINE = policies.load(_TEMPLATES[0])["Resources"]
_STAGES = _PIPELINE["Pipeline"]["Properties"]["Stages"]

# What may be done to whatever there is: actions that know no resource, as AWS's reference of them says.
_EVERYWHERE = {
    "cloudformation:ValidateTemplate",
    "cognito-idp:CreateUserPool",
    "ecr:GetAuthorizationToken",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
_PUSH = "dwipper-push"


def _names(stages: list[dict[str, Any]]) -> list[str]:
    return [stage["Name"] for stage in stages]


def _unapproved(stages: list[dict[str, Any]]) -> bool:
    """Whether prod is reached with nobody asked right before."""
    asked = {actions["Name"] for actions in stages if actions["Actions"][0]["ActionTypeId"]["Category"] == "Approval"}
    return ("Prod" in _names(stages)) and not any(
        before["Name"] in asked and after["Name"] == "Prod" for before, after in pairwise(stages)
    )


def _deploying_policies(role: str) -> set[str]:
    attached = _PIPELINE[role]["Properties"]["ManagedPolicyArns"]
    return {policy["Sub"].rpartition("/")[2] for policy in attached if "Sub" in policy}


@pytest.mark.parametrize("template", _TEMPLATES, ids=lambda template: template.name)
class TestTemplate:
    @pytest.mark.slow
    def test_cfn_lint_finds_nothing(self, template: Path) -> None:
        assert linters.cfn_lint(template) == []

    def test_every_action_is_named(self, template: Path) -> None:
        assert policies.patterns(policies.load(template)) == set()

    def test_what_is_allowed_everywhere_is_known_to_be(self, template: Path) -> None:
        assert policies.everywhere(policies.load(template)) <= _EVERYWHERE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "rule"),
    [
        (("RetentionInDays", "RetentionInDay"), "E3002"),
        (("!Ref BuildLog", "!Ref BuildLogs"), "E1020"),
        (("Result: ROLLBACK", "Result: BACK"), "E3030"),
        (("!Equals [!Ref PipelineEmail", "!Equals [!Ref PipelineMail"), "E1020"),
    ],
)
def test_cfn_lint_would_find(mistake: tuple[str, str], rule: str, tmp_path: Path) -> None:
    (tmp_path / "seeded.yml").write_text(_TEMPLATES[0].read_text().replace(*mistake, 1))
    assert rule in linters.cfn_lint(tmp_path / "seeded.yml")


def test_an_action_that_nobody_counted_would_be_found() -> None:
    statement = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
    assert policies.patterns({"Resources": [statement]}) == {"s3:*"}
    assert policies.everywhere({"Resources": [statement]}) == {"s3:*"}


def test_it_goes_from_the_gate_by_dev_and_approval_to_prod() -> None:
    assert _names(_STAGES) == ["Source", "Test", "Image", "Dev", "Approval", "Prod"]
    assert not _unapproved(_STAGES)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 5], [0, 1, 2, 4, 3, 5], [0, 1, 2, 3, 5, 4]])
def test_a_way_to_prod_past_approval_would_be_found(order: list[int]) -> None:
    assert _unapproved([_STAGES[number] for number in order])


@pytest.mark.parametrize("stage", [_STAGES[3], _STAGES[5]], ids=lambda stage: str(stage["Name"]))
def test_a_stage_deploys_then_tries_and_goes_back_where_either_fails(stage: dict[str, Any]) -> None:
    assert stage["OnFailure"] == {"Result": "ROLLBACK"}
    assert [(action["Name"], action["RunOrder"]) for action in stage["Actions"]] == [("Deploy", 1), ("Smoke", 2)]
    projects = {action["Configuration"]["ProjectName"]["Ref"] for action in stage["Actions"]}
    assert projects == {f"{stage['Name']}Project"}


class TestBuild:
    def test_only_the_images_is_privileged_and_it_runs_as_lambda_does(self) -> None:
        environments = {name: project["Environment"] for name, project in self._projects().items()}
        privileged = [name for name, environment in environments.items() if environment.get("PrivilegedMode")]
        assert privileged == ["ImageProject"]
        assert environments["ImageProject"]["Type"] == "ARM_CONTAINER"

    def test_each_has_a_role_of_its_own_an_end_and_a_log_that_ends_too(self) -> None:
        projects = self._projects().values()
        roles = [project["ServiceRole"]["GetAtt"] for project in projects]
        assert len(set(roles)) == len(roles)
        assert all(project["TimeoutInMinutes"] <= 90 for project in projects)
        assert all(project["LogsConfig"]["CloudWatchLogs"]["GroupName"] == {"Ref": "BuildLog"} for project in projects)
        assert _PIPELINE["BuildLog"]["Properties"]["RetentionInDays"] == 90

    def test_each_does_what_is_written_in_the_repository(self) -> None:
        for project in self._projects().values():
            assert yaml.safe_load((ROOT / project["Source"]["BuildSpec"]).read_text())["phases"]["build"]["commands"]

    def test_a_role_does_its_own_stages_part_and_no_other(self) -> None:
        assert _deploying_policies("TestRole") == set()
        assert _deploying_policies("ImageRole") == {_PUSH}
        assert _deploying_policies("DevRole") == {"dwipper-dev-deploy"}
        assert _deploying_policies("ProdRole") == {"dwipper-prod-deploy"}

    def _projects(self) -> dict[str, Any]:
        projects = {name: it for name, it in _PIPELINE.items() if it["Type"] == "AWS::CodeBuild::Project"}
        return {name: project["Properties"] for name, project in projects.items()}


def test_artifacts_are_encrypted_private_and_stay() -> None:
    bucket = _PIPELINE["Artifacts"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert {"BucketEncryption", "LifecycleConfiguration"} <= bucket["Properties"].keys()
    assert policies.actions(_PIPELINE["ArtifactsPolicy"], "Deny") == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}


def test_somebody_is_told_of_a_failure() -> None:
    rule = _PIPELINE["TellOfFailures"]["Properties"]
    assert rule["EventPattern"]["detail"] == {"pipeline": [{"Ref": "Pipeline"}], "state": ["FAILED"]}
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "Topic"}]
