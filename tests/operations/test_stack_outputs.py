"""`make outputs` prints the outputs of both stacks of a stage."""

import json
import os
import subprocess
import sys

from devstack.paths import ROOT
from tests.conftest import REGION
from tests.operations.stage import Stage


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


def test_outputs_of_data_and_functions_are_printed(stage: Stage) -> None:
    data = stage.deploy_data()
    assert json.loads(_run(stage.name, stage.environment)[1]) == data
    stage.create_functions({"Outputs": {"ApiUrl": {"Value": "https://api.example.org"}}})
    assert json.loads(_run(stage.name, stage.environment)[1]) == data | {"ApiUrl": "https://api.example.org"}


def test_unknown_stage_is_an_error_of_one_line(environment: dict[str, str]) -> None:
    assert _run("nowhere", environment) == (1, "", f"There is no stage nowhere in {REGION}.\n")
