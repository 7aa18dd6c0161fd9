"""Both stages package, and what comes of it is right where nobody else would say that it is wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devstack.api import ROOT
from tests.infrastructure.packaging import MAIL, RefusedError, change, copied, package
from tests.infrastructure.rules import breaches
from tests.infrastructure.rules.resources import the

pytestmark = pytest.mark.slow

STAGES: Mapping[str, Mapping[str, str]] = {"dev": {}, "prod": MAIL}

# Which osls writes itself: the function waits for its role, whose name it has.
_OF_OSLS = "W3005"


@pytest.fixture(scope="module", params=STAGES)
def packaged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    folder = copied(tmp_path_factory.mktemp(request.param))
    return request.param, *package(folder, request.param, **STAGES[request.param])


def _linted(template: Path) -> str:
    ran = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", _OF_OSLS, "--", template],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


def test_no_rule_is_broken(packaged: tuple[str, Any, Path]) -> None:
    _, template, _ = packaged
    assert breaches(template) == []


def test_cfn_lint_finds_nothing(packaged: tuple[str, Any, Path]) -> None:
    *_, file = packaged
    assert _linted(file) == ""


def test_prod_mails_by_ses_and_keeps_logs_for_a_year(packaged: tuple[str, Any, Path]) -> None:
    stage, template, _ = packaged
    is_prod = stage == "prod"
    assert template["Parameters"]["SesIdentityArn"]["Default"] == (MAIL["SES_IDENTITY_ARN"] if is_prod else "")
    assert template["Parameters"]["MailFrom"]["Default"] == (MAIL["MAIL_FROM"] if is_prod else "")
    assert the(template, "ApiLogGroup")["RetentionInDays"] == (365 if is_prod else 30)


def test_prod_asks_for_an_identity_of_ses(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="sesIdentityArn"):
        package(copied(tmp_path), "prod")


def test_an_identity_that_is_empty_is_none(tmp_path: Path) -> None:
    """As GitHub gives a variable that nobody set: CloudFormation refuses it, as cfn-lint and `make deploy` do."""
    _, file = package(copied(tmp_path), "prod", **dict.fromkeys(MAIL, ""))
    assert "MinLength" in _linted(file) or "minLength" in _linted(file), _linted(file)
    told = {"PATH": os.environ["PATH"], **dict.fromkeys(MAIL, "")}
    words = [
        "make",
        "-o",
        "node_modules/.package-lock.json",
        "-o",
        ".venv/installed",
        "deploy",
        "STAGE=prod",
        "IMAGE=x",
    ]
    done = subprocess.run([*words, "AWS_REGION=x"], cwd=ROOT, env=told, capture_output=True, check=False)
    assert (done.returncode, b"prod wants SES_IDENTITY_ARN" in done.stdout) == (2, True)


URL = """Resources:
  Url:
    Type: AWS::Lambda::Url
    Properties:
      AuthType: NONE
      TargetFunctionArn: !GetAtt ApiLambdaFunction.Arn
"""

# A file, what stands there, what is written instead, and which rule has to say so; or whose words.
MISTAKES: Mapping[str, tuple[str, str | re.Pattern[str], str, str]] = {
    "no authorizer on a route": (
        "serverless.yml",
        re.compile(r"          authorizer:\n(            .*\n)+"),
        "",
        "only_members_reach_what_is_theirs",
    ),
    "an ID token will do": (
        "serverless.yml",
        "            scopes: [aws.cognito.signin.user.admin]\n",
        "",
        "only_members_reach_what_is_theirs",
    ),
    "an exact path without it": (
        "serverless.yml",
        '      - http: { path: "/v1/{proxy+}", method: options }\n',
        "      - http: { path: /v1/dwipps, method: get }\n",
        "only_members_reach_what_is_theirs",
    ),
    "somebody else's pool": (
        "deploy/gateway.yml",
        "[!GetAtt UserPool.Arn]",
        "[!GetAtt OtherPool.Arn]",
        "the_authorizer_is_the_pools",
    ),
    "no limit": ("deploy/gateway.yml", "ThrottlingRateLimit: 500", "CachingEnabled: false", "the_stage_has_limits"),
    "an answer of the gateway that is no problem": (
        "deploy/responses.js",
        "'application/problem+json'",
        "'application/json'",
        "the_gateway_answers_in_problems",
    ),
    "a type of answer that is left out": (
        "deploy/responses.js",
        re.compile(r"  \['THROTTLED'.*\n"),
        "",
        "the_gateway_answers_in_problems",
    ),
    "a function URL": (
        "deploy/role.yml",
        "Resources:\n",
        URL,
        "nothing_else_leads_to_the_function",
    ),
    "no firewall": ("serverless.yml", 'firewall: "on"', 'firewall: "off"', "logins_are_behind_the_firewall"),
    "a wildcard for an action": ("deploy/role.yml", "dynamodb:BatchGetItem", "dynamodb:*", "no_wildcards"),
    "a wildcard for a resource": ("deploy/role.yml", "!GetAtt DwippsTable.Arn", '"*"', "no_wildcards"),
    "a missing action": (
        "deploy/role.yml",
        "                  - cognito-idp:AdminGetUser\n",
        "",
        "what_the_code_calls",
    ),
    "an action too many": (
        "deploy/role.yml",
        "cognito-idp:AdminGetUser\n",
        "cognito-idp:AdminGetUser\n                  - cognito-idp:AdminSetUserPassword\n",
        "what_the_code_calls",
    ),
    "a table without Retain": ("deploy/data.yml", "    DeletionPolicy: Retain\n", "", "what_holds_data_stays"),
    "a table that cannot be put back": (
        "deploy/data.yml",
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
        "what_holds_data_stays",
    ),
    "nothing expires": (
        "deploy/data.yml",
        "AttributeName: expires_at\n        Enabled: true",
        "AttributeName: expires\n        Enabled: true",
        "what_holds_data_stays",
    ),
    "existence is told": (
        "deploy/data.yml",
        "PreventUserExistenceErrors: ENABLED",
        "PreventUserExistenceErrors: LEGACY",
        "accounts_are_as_the_contract",
    ),
    "an alarm on a metric that is not there": (
        "deploy/alarms.yml",
        "MetricName: CognitoErrors",
        "MetricName: CognitoFailures",
        "every_metric_is_there",
    ),
    "an alarm by a dimension that is not there": (
        "deploy/alarms.yml",
        "Name: FunctionName",
        "Name: Function",
        "every_metric_is_there",
    ),
    "a metric of the dashboard that is not there": (
        "deploy/dashboard.yml",
        '"DwippsWritten"',
        '"DwippsCreated"',
        "every_metric_is_there",
    ),
    "an alarm that nobody hears": (
        "deploy/alarms.yml",
        "AlarmActions: *tell",
        "AlarmActions: []",
        "every_alarm_is_heard",
    ),
    "anybody may have the role": (
        "deploy/role.yml",
        "Principal: { Service: lambda.amazonaws.com }",
        'Principal: { AWS: "*" }',
        "nobody_else_has_the_functions_role",
    ),
    "a firewall that counts": ("deploy/firewall.yml", "Block: {}", "Count: {}", "logins_are_behind_the_firewall"),
    "a firewall that hardly minds": ("deploy/firewall.yml", "Limit: 100", "Limit: 100000", "logins_are_behind"),
    "a firewall that a stage hides from": (
        "deploy/firewall.yml",
        "PositionalConstraint: CONTAINS",
        "PositionalConstraint: STARTS_WITH",
        "logins_are_behind",
    ),
    "an alarm about another API": ("deploy/alarms.yml", "${Stage}-dwipper", "${Stage}-dwippr", "every_metric_is_there"),
    "an alarm about clients' errors": ("deploy/alarms.yml", "5XXError", "4XXError", "what_alarms_are_about"),
    "an alarm that goes off when all is well": (
        "deploy/alarms.yml",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "every_alarm_says_that_something_is_too_much",
    ),
    "a filter for what is not logged": ("deploy/alarms.yml", "$.error =", "$.err =", "filters_find_what_is_logged"),
    "a log that does not say what was refused": (
        "deploy/gateway.yml",
        "$context.error.responseType",
        "$context.responseType",
        "filters_find_what_is_logged",
    ),
    "a log that is no JSON": ("deploy/gateway.yml", '"method":"', '"method:"', "filters_find_what_is_logged"),
    "no traces": ("deploy/gateway.yml", "TracingEnabled: true", "TracingEnabled: false", "the_stage_has_limits"),
    "another processor": ("serverless.yml", "architecture: arm64", "architecture: x86_64", "the_function_is_an_image"),
    "behind Amazon's edges": ("serverless.yml", "endpointType: REGIONAL", "endpointType: EDGE", "the_api_is_where"),
    "settings that the app does not start with": (
        "serverless.yml",
        "feedShards: 1 ",
        "feedShards: 65 ",
        "the_function_is_an_image",
    ),
    "a log for ever": ("deploy/gateway.yml", "      RetentionInDays: !Ref LogDays\n", "", "no_log_is_kept_for_ever"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str, tmp_path: Path) -> None:
    name, old, new, rule = MISTAKES[mistake]
    folder = copied(tmp_path)
    change(folder, name, old, new)
    template, _ = package(folder, "dev")
    assert rule in "\n".join(breaches(template))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("serverless.yml", "memorySize: 1024", "memorysize: 1024"),
        ("serverless.yml", "authorizer:\n            type", "authoriser:\n            type"),
        ("serverless.yml", "${param:image}", "dwipper:latest"),
    ],
    ids=["a key of the provider", "a key of a route", "an image by its tag"],
)
def test_a_typo_is_refused_by_osls(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, name, old, new)
    with pytest.raises(RefusedError, match="Configuration error"):
        package(folder, "dev")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("deploy/data.yml", "BillingMode:", "BilingMode:"),
        ("deploy/role.yml", "AssumeRolePolicyDocument", "AssumeRolePolicy"),
        ("deploy/alarms.yml", "TreatMissingData: notBreaching", "TreatMissingData: notBreaking"),
    ],
    ids=["a property of a table", "a property of a role", "a value of an alarm"],
)
def test_a_typo_is_found_by_cfn_lint(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, name, old, new)
    _, file = package(folder, "dev")
    assert _linted(file) != ""
