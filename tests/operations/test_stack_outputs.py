"""`make outputs` prints the outputs of both stacks of a stage."""

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from devstack.paths import ROOT
from scripts import data_stack, stacks
from tests.conftest import REGION

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def _run(stage: str, environment: dict[str, str]) -> tuple[int, str, str]:
    result = subprocess.run(
        [sys.executable, "-m", "scripts.stack_outputs", stage],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def test_outputs_of_data_and_functions_are_printed(
    stage: str, environment: dict[str, str], cloudformation: "CloudFormationClient"
) -> None:
    data = data_stack.deploy(cloudformation, stage, {})
    assert json.loads(_run(stage, environment)[1]) == data
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ApiUrl": {"Value": "https://api.example.org"}},
    }
    cloudformation.create_stack(StackName=stacks.get_service_name(stage), TemplateBody=json.dumps(template))
    assert json.loads(_run(stage, environment)[1]) == data | {"ApiUrl": "https://api.example.org"}


def test_unknown_stage_is_an_error_of_one_line(environment: dict[str, str]) -> None:
    assert _run("nowhere", environment) == (1, "", f"There is no stage nowhere in {REGION}.\n")
