"""What the function's image carries, on a laptop: no more, and by a digest that changes with it."""

from pathlib import Path

import pytest

from devstack import function_package


def test_it_is_the_app_without_its_local_part(tmp_path: Path) -> None:
    digest = function_package.gather(tmp_path / "task")
    names = {str(path.relative_to(tmp_path / "task")) for path in (tmp_path / "task").rglob("*")}
    assert {"app/main.py", "app/lambda_handler.py", "app/pages/docs.html"} <= names
    assert not [name for name in names if "local" in name or "spec.py" in name or "__pycache__" in name]
    assert digest.startswith("sha256:")
    assert len(digest) == 71


def test_the_digest_is_of_what_is_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    (source / "app").mkdir(parents=True)
    (source / "app" / "main.py").write_text("one\n")
    (source / "app" / "docs.html").write_text("one\n")
    monkeypatch.setattr(function_package, "ROOT", source)
    first, again = (function_package.gather(tmp_path / "task") for _ in range(2))
    assert first == again
    (source / "app" / "docs.html").write_text("two\n")
    assert function_package.gather(tmp_path / "task") != first
    (source / "app" / "docs.html").unlink()
    assert not (tmp_path / "task" / "app" / "nothing").exists()
    function_package.gather(tmp_path / "task")
    assert not (tmp_path / "task" / "app" / "docs.html").exists()
