"""Mistakes in the alias and in the deployment group."""

from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import releases

MISTAKES: Mapping[str, Mistake] = {
    "retained-version": Mistake(
        "deploy/release.js",
        "{ Type: 'AWS::Lambda::Version',",
        "{ Type: 'AWS::Lambda::Version', DeletionPolicy: 'Retain',",
        releases.check_alias,
    ),
    "gateway-bypasses-the-alias": Mistake(
        "deploy/release.js",
        "this.service.getFunction('api').targetAlias = ALIAS;",
        "",
        releases.check_alias,
    ),
    "function-without-alias": Mistake(
        "serverless.yml",
        "plugins: [./deploy/release.js]\n",
        "",
        releases.check_alias,
    ),
    "alias-moved-without-codedeploy": Mistake(
        "deploy/release.js",
        "GROUP in Resources && {",
        "false && {",
        releases.check_release_group,
    ),
    "release-without-alarms": Mistake(
        "deploy/release.yml",
        "Enabled: !If [IsCanary, true, false]",
        "Enabled: false",
        releases.check_release_group,
    ),
    "release-with-the-alarm-of-another-stack": Mistake(
        "deploy/release.yml",
        "- Name: !Ref ServerErrorsAlarm",
        "- Name: dwipper-prod-server-errors",
        releases.check_release_group,
    ),
    "no-rollback-on-an-alarm": Mistake(
        "deploy/release.yml",
        "DEPLOYMENT_STOP_ON_ALARM, ",
        "",
        releases.check_release_group,
    ),
}
