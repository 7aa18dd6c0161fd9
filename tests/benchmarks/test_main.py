"""What is measured is chosen by name, and only a whole run is written down."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.report import Part

NAMES = list(benchmarks.PARTS)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of all parts of a run that is written down; nothing is measured."""

    @contextmanager
    def no_stage() -> Iterator[None]:
        yield

    titles: list[str] = []
    parts = {name: lambda *_, name=name: [Part(name, f"Of {name}.")] for name in NAMES}
    monkeypatch.setattr(benchmarks, "PARTS", parts)
    monkeypatch.setattr(benchmarks, "stage", no_stage)
    monkeypatch.setattr(benchmarks, "bars", nullcontext)
    monkeypatch.setattr("benchmarks.results.write", lambda _, parts: titles.extend(part.title for part in parts))
    return titles


def test_a_whole_run_is_printed_and_written_down(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main([]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Measured on ")
    assert all(f"## {name}\n\nOf {name}." in printed.out for name in NAMES)
    assert "minutes" in printed.err
    assert written == NAMES


def test_of_some_parts_nothing_is_written_down(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["contention", "ceilings"]) == 0
    printed = capsys.readouterr().out
    assert [name for name in NAMES if f"## {name}" in printed] == ["contention", "ceilings"]
    assert written == []


def test_a_part_that_there_is_not_is_named(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["contention", "speed"]) == 2
    assert capsys.readouterr().err == f"There is no part speed: there are {', '.join(NAMES)}.\n"
    assert written == []
