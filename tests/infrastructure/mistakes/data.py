"""Mistakes in the tables and in the user pool."""

import re
from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import data

MISTAKES: Mapping[str, Mistake] = {
    "table-not-retained": Mistake(
        "deploy/data.yml",
        "    DeletionPolicy: Retain\n",
        "",
        data.check_data_protection,
    ),
    "no-point-in-time-recovery": Mistake(
        "deploy/data.yml",
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
        data.check_data_protection,
    ),
    "no-time-to-live": Mistake(
        "deploy/data.yml",
        "AttributeName: expires_at\n        Enabled: true",
        "AttributeName: expires\n        Enabled: true",
        data.check_data_protection,
    ),
    "group-not-retained": Mistake(
        "deploy/data.yml",
        re.compile(r"(?<=UserPoolGroup\n)    DeletionPolicy: Retain\n"),
        "",
        data.check_moderators_group,
    ),
    "group-with-another-name": Mistake(
        "deploy/data.yml",
        "GroupName: moderators",
        "GroupName: Moderators",
        data.check_moderators_group,
    ),
    "user-existence-disclosed": Mistake(
        "deploy/data.yml",
        "PreventUserExistenceErrors: ENABLED",
        "PreventUserExistenceErrors: LEGACY",
        data.check_account_settings,
    ),
}
