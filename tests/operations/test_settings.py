"""The settings of the present stack are the defaults of the next deployment."""

import pytest

from scripts import data_stack
from scripts.settings import DATA_PARAMETERS, SERVICE_PARAMETERS, resolve
from testkit.templates import load_template

_NAMES = {"ALARM_EMAIL": "AlarmEmail"}


@pytest.mark.parametrize(
    ("environment", "present", "expected"),
    [
        pytest.param({}, {}, {}, id="neither"),
        pytest.param({"ALARM_EMAIL": "a@example.org"}, {}, {"ALARM_EMAIL": "a@example.org"}, id="first"),
        pytest.param({}, {"AlarmEmail": "a@example.org"}, {"ALARM_EMAIL": "a@example.org"}, id="kept"),
        pytest.param(
            {"ALARM_EMAIL": ""}, {"AlarmEmail": "a@example.org"}, {"ALARM_EMAIL": "a@example.org"}, id="empty"
        ),
        pytest.param({"ALARM_EMAIL": "b@example.org"}, {"AlarmEmail": "a"}, {"ALARM_EMAIL": "b@example.org"}, id="new"),
        pytest.param({"ALARM_EMAIL": "none"}, {"AlarmEmail": "a@example.org"}, {"ALARM_EMAIL": ""}, id="removed"),
        pytest.param({"OTHER": "x"}, {"Other": "x"}, {}, id="unknown"),
    ],
)
def test_environment_takes_precedence_over_the_stack(
    environment: dict[str, str], present: dict[str, str], expected: dict[str, str]
) -> None:
    assert resolve(_NAMES, environment, present) == expected


def test_each_parameter_of_the_data_is_a_setting() -> None:
    """Otherwise, a deployment would reset the parameter to its default."""
    assert set(DATA_PARAMETERS.values()) == load_template(data_stack.TEMPLATE)["Parameters"].keys()


def test_each_setting_belongs_to_one_stack() -> None:
    assert DATA_PARAMETERS.keys() & SERVICE_PARAMETERS.keys() == set()
