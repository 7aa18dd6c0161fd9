"""`make remove` asks for the name of the stage, and removes only the stack of the functions."""

import pytest

from scripts import command, remove
from tests.conftest import REGION
from tests.operations.fake_osls import FakeOsls
from tests.operations.stage import Stage

_QUESTION = (
    f"This takes prod in the account 1, {REGION} offline, and deletes its logs. Type the name of the stage to go on: "
)


def _answer(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    def ask(question: str) -> str:
        assert question == _QUESTION
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(command, "describe_target", lambda region: f"the account 1, {region}")


def test_name_of_the_stage_removes_the_functions(
    environment: dict[str, str],
    fake_osls: FakeOsls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _answer(monkeypatch, " prod ")
    assert remove.main(["prod"], environment) == 0
    assert fake_osls.read_arguments()[:5] == ["remove", "--stage", "prod", "--region", REGION]
    output = capsys.readouterr().out
    assert "The data is kept in dwipper-prod-data" in output
    assert "needs these settings again" not in output


def test_settings_of_the_removed_stage_are_printed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.create_functions(AlarmEmail="call@example.org", ApiConcurrency="", Architecture="x86_64")
    assert stage.remove() == 0
    assert stage.osls.was_called
    settings = "ALARM_EMAIL=call@example.org API_CONCURRENCY=none ARCHITECTURE=x86_64"
    assert f"settings again: {settings}\n" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["yes", "", "PROD", "dev", None])
def test_other_answer_removes_nothing(
    answer: str | None,
    environment: dict[str, str],
    fake_osls: FakeOsls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _answer(monkeypatch, answer)
    assert remove.main(["prod"], environment) == 1
    assert capsys.readouterr().err == "Nothing is removed: the answer was not prod.\n"
    assert not fake_osls.was_called


def test_question_names_the_account(environment: dict[str, str]) -> None:
    assert command.describe_target(environment["AWS_REGION"]) == f"the account 000000000000, {REGION}"


@pytest.mark.parametrize(("confirmed", "code"), [("prod", 0), ("dev", 1)])
def test_confirm_variable_replaces_the_question(
    confirmed: str, code: int, environment: dict[str, str], fake_osls: FakeOsls
) -> None:
    assert remove.main(["prod"], {**environment, "CONFIRM": confirmed}) == code
    assert fake_osls.was_called == (code == 0)


def test_name_of_the_data_is_refused(
    environment: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert remove.main(["prod-data"], {**environment, "CONFIRM": "prod-data"}) == 1
    assert capsys.readouterr().err.startswith("STAGE must be ")
    assert not fake_osls.was_called


def test_missing_argument_is_the_usage(fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
    assert remove.main([], {"AWS_REGION": REGION}) == remove.main(["prod"], {}) == 2
    assert capsys.readouterr().err.startswith("Usage: ")
    assert not fake_osls.was_called
