"""The code of the function is the app and nothing else, and its digest changes with the content."""

from pathlib import Path

import pytest

from devstack import function_package


def test_package_is_the_app_without_local_files(tmp_path: Path) -> None:
    digest = function_package.build(tmp_path / "task")
    names = {str(path.relative_to(tmp_path / "task")) for path in (tmp_path / "task").rglob("*")}
    assert {"app/main.py", "app/lambda_handler.py", "app/pages/docs.html"} <= names
    assert not [name for name in names if "local" in name or "spec.py" in name or "__pycache__" in name]
    assert digest.startswith("sha256:")
    assert len(digest) == 71


def test_digest_and_folder_follow_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    (source / "app").mkdir(parents=True)
    (source / "app" / "main.py").write_text("one\n")
    (source / "app" / "docs.html").write_text("one\n")
    monkeypatch.setattr(function_package, "ROOT", source)
    first, again = (function_package.build(tmp_path / "task") for _ in range(2))
    assert first == again
    (source / "app" / "docs.html").write_text("two\n")
    assert function_package.build(tmp_path / "task") != first
    (source / "app" / "docs.html").unlink()
    assert (tmp_path / "task" / "app" / "docs.html").exists()
    function_package.build(tmp_path / "task")
    assert not (tmp_path / "task" / "app" / "docs.html").exists()
