"""Each store of members' data is registered in app/bootstrap/personal.py, so that the data is exported and erased."""

import re
from pathlib import Path

from app.bootstrap import Container
from app.me.schemas import ExportView
from testkit.doubles import SETTINGS

ROOT = Path(__file__).parents[3]
STORES = Container(SETTINGS).personal.stores
# The beginning of a key such as `f"member#{member_id}"`.
_KEY_PREFIX = re.compile(r"""["']([a-z][a-z_-]*)#""")


def test_each_key_prefix_belongs_to_a_registered_store() -> None:
    registered = {prefix for store in STORES for prefix in store.key_prefixes}
    used = {
        (prefix, str(path.relative_to(ROOT)))
        for path in sorted((ROOT / "app").rglob("*.py"))
        for prefix in _KEY_PREFIX.findall(path.read_text())
    }
    unregistered = sorted((prefix, path) for prefix, path in used if prefix not in registered)
    assert not unregistered, (
        "These rows may hold data of a member that is neither exported nor erased. Implement PersonalData"
        f" (app/members/personal_data.py) and register it in app/bootstrap/personal.py: {unregistered}"
    )
    assert registered == {prefix for prefix, _ in used}, "app/bootstrap/personal.py registers unused prefixes"


def test_each_export_section_is_filled_by_a_store() -> None:
    sections = {section for store in STORES for section in store.sections}
    fields = ExportView.model_fields.keys() - {"profile", "next_cursor"}
    assert sections == fields, "Give each section of a store a field in ExportView (app/me/schemas.py)"


def test_store_names_are_unique() -> None:
    assert len({store.name for store in STORES}) == len(STORES)


def test_privacy_page_names_each_section_and_prefix() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    documented = set(re.findall(r"`([a-z_-]+)#?`", page))
    expected = {name for store in STORES for name in (*store.sections, *store.key_prefixes)}
    assert expected <= documented, f"Describe {sorted(expected - documented)} in docs/privacy.md"


def test_data_model_names_each_key_prefix() -> None:
    page = (ROOT / "docs" / "data-model.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_-]+)#", page, re.MULTILINE))
    registered = {prefix for store in STORES for prefix in store.key_prefixes}
    assert registered <= documented, (
        f"Describe the rows {sorted(registered - documented)} in the table of `pk` in docs/data-model.md"
    )
