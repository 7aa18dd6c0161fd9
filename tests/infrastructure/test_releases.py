"""A new version of the API is published if and only if the function changes, and an alias moves to it."""

import json
import re
import subprocess
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import load_template

pytestmark = pytest.mark.slow

# Run the plugin on a function, as osls does. The input is the template's part that the plugin reads.
_RUN_PLUGIN = """\
const Release = require(process.argv[1]);
const { properties, resources } = JSON.parse(process.argv[2]);
const api = {};
const template = { Resources: { ApiLambdaFunction: { Properties: properties } } };
const provider = { compiledCloudFormationTemplate: template };
const release = new Release({ service: { provider, resources, getFunction: () => api } });
release.hooks['before:package:compileFunctions']();
release.hooks['after:package:compileFunctions']();
console.log(JSON.stringify({ targetAlias: api.targetAlias, ...template.Resources }));
"""
_PROPERTIES: dict[str, Any] = {
    "Code": {"ImageUri": "dwipper@sha256:0"},
    "Environment": {"Variables": {"TABLE": {"Ref": "Table"}, "SHARDS": "1", "ROLE": {"Ref": "Role"}}},
}
_PARAMETERS: dict[str, Any] = {"Table": {"Default": "dwipps"}, "AlarmEmail": {"Default": ""}}


def _run_plugin(properties: dict[str, Any], parameters: dict[str, Any], **resources: Any) -> dict[str, Any]:
    """Return the resources of the template with those of the plugin."""
    given = {"properties": properties, "resources": {"Parameters": parameters, "Resources": resources}}
    command = ["node", "-e", _RUN_PLUGIN, str(ROOT / "deploy" / "release.js"), json.dumps(given)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    template: dict[str, Any] = json.loads(result.stdout)
    return template


def _find_version(properties: dict[str, Any] = _PROPERTIES, parameters: dict[str, Any] = _PARAMETERS) -> str:
    """Return the logical id of the version."""
    (version,) = [name for name in _run_plugin(properties, parameters) if name.startswith("ApiVersion")]
    return version


def _with_variable(name: str, value: Any) -> dict[str, Any]:
    return _PROPERTIES | {"Environment": {"Variables": _PROPERTIES["Environment"]["Variables"] | {name: value}}}


class TestVersion:
    @pytest.mark.parametrize(
        "properties",
        [
            pytest.param(_PROPERTIES | {"Code": {"ImageUri": "dwipper@sha256:1"}}, id="image"),
            pytest.param(_with_variable("SHARDS", "2"), id="variable"),
            pytest.param(_with_variable("ROLE", {"Ref": "OtherRole"}), id="reference"),
            pytest.param(_PROPERTIES | {"Timeout": 28}, id="property"),
        ],
    )
    def test_changed_function_has_a_new_version(self, properties: dict[str, Any]) -> None:
        assert _find_version(properties) != _find_version()

    @pytest.mark.parametrize("value", [{"Ref": "Table"}, {"Fn::Sub": "${Table}"}, {"Fn::Sub": "arn:${Role}/${Table}"}])
    def test_changed_value_of_a_parameter_has_a_new_version(self, value: dict[str, str]) -> None:
        properties = _with_variable("TABLE", value)
        restored = _PARAMETERS | {"Table": {"Default": "restored"}}
        assert _find_version(properties, restored) != _find_version(properties)

    @pytest.mark.parametrize(
        "properties",
        [
            pytest.param(dict(reversed(_PROPERTIES.items())), id="order"),
            pytest.param(_with_variable("TABLE", "dwipps"), id="literal"),
            pytest.param(_with_variable("TABLE", {"Fn::Sub": "${Table}"}), id="substitution"),
            pytest.param(_PROPERTIES | {"Tags": [], "ReservedConcurrentExecutions": 5}, id="unversioned"),
        ],
    )
    def test_other_spelling_has_the_same_version(self, properties: dict[str, Any]) -> None:
        # Lambda refuses to publish the same function twice, and the deployment would fail.
        assert _find_version(properties) == _find_version()

    def test_other_parameters_do_not_change_the_version(self) -> None:
        parameters = _PARAMETERS | {"AlarmEmail": {"Default": "kay@example.org"}}
        assert _find_version(parameters=parameters) == _find_version()


class TestAlias:
    def test_gateway_is_directed_to_the_alias(self) -> None:
        template = _run_plugin(_PROPERTIES, _PARAMETERS)
        assert template["targetAlias"] == {"name": "live", "logicalId": "ApiAlias"}
        assert template["ApiAlias"]["Properties"]["Name"] == "live"

    def test_codedeploy_moves_the_alias_only_if_there_is_a_group(self) -> None:
        assert "UpdatePolicy" not in _run_plugin(_PROPERTIES, _PARAMETERS)["ApiAlias"]
        assert "UpdatePolicy" in _run_plugin(_PROPERTIES, _PARAMETERS, ReleaseGroup={})["ApiAlias"]


def test_stage_script_checks_the_alarms_of_the_release() -> None:
    group = load_template(ROOT / "deploy" / "release.yml")["on"]["Resources"]["ReleaseGroup"]["Properties"]
    alarms = load_template(ROOT / "deploy" / "alarms.yml")["on"]["Resources"]
    ids = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    names = [alarms[name]["Properties"]["AlarmName"]["Sub"].replace("${Stage}", "$stage") for name in ids]
    checked = re.findall(r'"(dwipper-\$stage-[\w-]+-errors)"', (ROOT / "deploy" / "stage.sh").read_text())
    assert names == checked
