"""The command runs all parts or the named parts, and writes files only after a complete run."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.report import Part

NAMES = list(benchmarks.PARTS)


@pytest.fixture
def written_titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace all measurements. Return a list that collects the titles of the written parts."""

    @contextmanager
    def run_no_services() -> Iterator[None]:
        yield

    titles: list[str] = []
    parts = {name: lambda *_, name=name: [Part(name, f"About {name}.")] for name in NAMES}
    monkeypatch.setattr(benchmarks, "PARTS", parts)
    monkeypatch.setattr(benchmarks, "run_services", run_no_services)
    monkeypatch.setattr(benchmarks, "create_progress", nullcontext)
    monkeypatch.setattr("benchmarks.results.write", lambda _, parts: titles.extend(part.title for part in parts))
    return titles


def test_complete_run_is_printed_and_written(written_titles: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main([]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("Measured on ")
    assert all(f"## {name}\n\nAbout {name}." in output.out for name in NAMES)
    assert "minutes" in output.err
    assert written_titles == NAMES


def test_partial_run_is_printed_but_not_written(written_titles: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["contention", "ceilings"]) == 0
    output = capsys.readouterr().out
    assert [name for name in NAMES if f"## {name}" in output] == ["contention", "ceilings"]
    assert written_titles == []


def test_unknown_part_is_an_error(written_titles: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["contention", "speed"]) == 2
    assert capsys.readouterr().err == f"Unknown parts: speed. Choose from {', '.join(NAMES)}.\n"
    assert written_titles == []
