"""The stack of the data is deployed again without changes, and names the resource that failed."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from devstack import clients
from scripts import data_stack
from scripts.errors import OperatorError
from testkit.tables import list_tables
from tests.conftest import REGION
from tests.operations.stage import Stage


def test_template_without_changes_succeeds(stage: Stage) -> None:
    first = stage.deploy_data()
    assert stage.deploy_data() == first


def test_failure_of_a_resource_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    template = tmp_path / "data.yml"
    template.write_text(json.dumps({"Resources": {"Pool": {"Type": "AWS::No::Such"}}}))
    monkeypatch.setattr(data_stack, "TEMPLATE", template)
    with pytest.raises((OperatorError, ClientError), match="AWS::No::Such"):
        stage.deploy_data()


def test_tables_of_the_data_are_in_the_embedded_aws(stage: Stage) -> None:
    outputs = stage.deploy_data()
    dynamodb = clients.dynamodb_client(stage.cloudformation.meta.endpoint_url, REGION)
    assert outputs["SafetyTable"] in list_tables(dynamodb)
