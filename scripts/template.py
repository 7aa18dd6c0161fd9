"""Write the template of the functions as plain CloudFormation, for people without osls.

    python -m scripts.template STAGE

The file is dist/dwipper-<stage>.json. Its parameters are the outputs of the data, and `Image`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devstack.paths import ROOT
from scripts import checks, command, osls

_PACKAGED = "cloudformation-template-update-stack.json"
# The bucket for the uploads of osls.
_BUCKET = "ServerlessDeploymentBucket"
# What only a canary needs, by section.
_CANARY = {
    "Parameters": {"Release"},
    "Conditions": {"IsCanary"},
    "Resources": {"CodeDeployRole", "ReleaseApplication", "ReleaseGroup"},
}
_IMAGE = {
    "Type": "String",
    "Description": "The URI of the image of the functions, with its digest",
    "AllowedPattern": r"^.+@sha256:[0-9a-f]{64}$",
}


def write(stage: str, environment: Mapping[str, str]) -> Path:
    """Write the template of a stage. Return the file.

    Args:
        stage: the stage.
        environment: the environment. Its settings are the defaults of the template's parameters.

    Raises:
        OperatorError: if osls cannot package the stage.
    """
    checks.check_stage(stage)
    with tempfile.TemporaryDirectory() as folder:
        region = environment.get("AWS_REGION") or "us-east-1"  # The template has no region.
        osls.run(["package", "--package", folder], stage, region, osls.PLACEHOLDERS, environment)
        template = json.loads((Path(folder) / _PACKAGED).read_text())
    file = ROOT / "dist" / f"dwipper-{stage}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(convert(template), indent=1) + "\n")
    return file


def convert(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template of osls without its bucket, with the image and the outputs of the data as parameters."""
    for section in ("Resources", "Outputs"):
        template[section] = {name: each for name, each in template[section].items() if not name.startswith(_BUCKET)}
    for name in osls.PLACEHOLDERS.keys() & template["Parameters"].keys():
        del template["Parameters"][name]["Default"]
    template["Parameters"]["Image"] = _IMAGE
    # The names of the functions contain the stage as text.
    template["Parameters"]["Stage"]["AllowedValues"] = [template["Parameters"]["Stage"]["Default"]]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"]["ImageUri"] = {"Ref": "Image"}
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            # osls writes an empty text for no policy. CDK accepts only an object.
            resource["Properties"].pop("Policy", None)
    _remove_canary(template)
    return template


def _remove_canary(template: dict[str, Any]) -> None:
    """Let the alias follow the function at once.

    The id of a version is a hash of the function with its parameters (deploy/release.js). The values of the parameters
    are not known here, so a new image would publish no version, and the API would not change.
    """
    for section, names in _CANARY.items():
        for name in names & template[section].keys():
            del template[section][name]
    resources = template["Resources"]
    for version in [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]:
        del resources[version]
    for name in ("DependsOn", "UpdatePolicy"):
        resources["ApiAlias"].pop(name, None)
    resources["ApiAlias"]["Properties"]["FunctionVersion"] = "$LATEST"


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if len(arguments) != 1:
        print("Usage: python -m scripts.template STAGE", file=sys.stderr)
        return 2
    return command.run(lambda: print(f"Wrote {write(arguments[0], environment).relative_to(ROOT)}."))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
