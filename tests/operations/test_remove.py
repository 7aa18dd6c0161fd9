"""`make remove` asks for the name of the stage, and removes only the stack of the functions."""

import pytest

from scripts import remove
from tests.operations.conftest import FakeOsls

_ENVIRONMENT = {"AWS_REGION": "eu-central-1"}


def _answer(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    def ask(question: str) -> str:
        assert question == "This takes prod off the net. Type the name of the stage to go on: "
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", ask)


def test_name_of_the_stage_removes_the_functions(
    fake_osls: FakeOsls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(monkeypatch, " prod ")
    assert remove.main(["prod"], _ENVIRONMENT) == 0
    call = fake_osls.read_call()
    assert call
    assert call[0][:5] == ["remove", "--stage", "prod", "--region", "eu-central-1"]
    assert "The data is kept in dwipper-prod-data" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["yes", "", "PROD", "dev", None])
def test_other_answer_removes_nothing(
    answer: str | None, fake_osls: FakeOsls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(monkeypatch, answer)
    assert remove.main(["prod"], _ENVIRONMENT) == 1
    assert capsys.readouterr().err == "Nothing is removed: the answer was not prod.\n"
    assert fake_osls.read_call() is None


@pytest.mark.parametrize(("confirmed", "code"), [("prod", 0), ("dev", 1)])
def test_variable_answers_in_advance(confirmed: str, code: int, fake_osls: FakeOsls) -> None:
    assert remove.main(["prod"], {**_ENVIRONMENT, "CONFIRM": confirmed}) == code
    assert (fake_osls.read_call() is None) == bool(code)


def test_missing_argument_is_the_usage(fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
    assert remove.main([], _ENVIRONMENT) == remove.main(["prod"], {}) == 2
    assert capsys.readouterr().err.startswith("Usage: ")
    assert fake_osls.read_call() is None
