"""Any web server can serve the static docs site."""

import runpy
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.unit.pages.page_markup import PageMarkup


def test_static_docs_site_has_all_referenced_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "scripts" / "build_docs_site.py"))["write"](tmp_path)
    for page in ("", "problems/"):
        for reference in PageMarkup((tmp_path / page / "index.html").read_text()).followed_references:
            path = tmp_path / page / reference.partition("?")[0]
            assert (path / "index.html" if path.is_dir() else path).exists(), reference
