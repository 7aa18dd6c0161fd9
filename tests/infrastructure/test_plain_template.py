"""`make template` writes a template for CloudFormation without osls. The outputs of the data are its parameters."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from scripts import osls, template
from testkit.templates import load_template
from tests.infrastructure import linters

pytestmark = pytest.mark.slow

_DATA = load_template(ROOT / "deploy" / "data.yml")


@pytest.fixture(scope="module")
def file() -> Path:
    return template.write("dev", os.environ)


@pytest.fixture(scope="module")
def content(file: Path) -> Any:
    return json.loads(file.read_text())


def test_cfn_lint_has_no_findings(file: Path) -> None:
    # osls adds a redundant DependsOn.
    assert set(linters.run_cfn_lint(file)) <= {"W3005"}


def test_parameters_without_default_are_the_image_and_outputs_of_the_data(content: Any) -> None:
    required = {name for name, parameter in content["Parameters"].items() if "Default" not in parameter}
    assert required - _DATA["Outputs"].keys() == {"Image"}
    assert required - {"Image"} == osls.PLACEHOLDERS.keys() - {"image"}


def test_functions_run_the_image_of_the_parameter(content: Any) -> None:
    functions = [each for each in content["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    assert [each["Properties"]["Code"] for each in functions] == [{"ImageUri": {"Ref": "Image"}}] * len(functions)
    assert len(functions) == 2


def test_alias_follows_the_function_because_no_version_would_be_published(content: Any) -> None:
    types = {each["Type"] for each in content["Resources"].values()}
    assert not types & {"AWS::CodeDeploy::DeploymentGroup", "AWS::CodeDeploy::Application", "AWS::Lambda::Version"}
    alias = content["Resources"]["ApiAlias"]
    assert (alias["Properties"]["FunctionVersion"], "UpdatePolicy" in alias) == ("$LATEST", False)
    assert "Release" not in content["Parameters"]


def test_nothing_of_osls_and_no_region_or_account_remains(content: Any) -> None:
    text = json.dumps(content)
    for word in ("ServerlessDeploymentBucket", "placeholder", "us-east-1", "000000000000"):
        assert word not in text


def test_stage_of_the_template_is_fixed(content: Any) -> None:
    assert content["Parameters"]["Stage"] == {"Type": "String", "Default": "dev", "AllowedValues": ["dev"]}
