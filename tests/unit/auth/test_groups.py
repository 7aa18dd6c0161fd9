"""Only the exact name in a known form of the claim makes a moderator. No form is an error.

tests/security/group_claims.py has the hostile claims, which the tests of both transports use too.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.groups import MODERATORS, parse_groups
from devstack.paths import ROOT
from testkit.hypothesis_settings import without_deadline
from testkit.templates import load_template
from tests.security.group_claims import ACCEPTED_CLAIMS, AMBIGUOUS_CLAIMS, HOSTILE_CLAIMS

# The names that Cognito permits, except for those with a comma or a bracket, which docs/operations.md forbids.
_NAMES = st.text(
    st.characters(categories=("L", "M", "S", "N", "P"), exclude_characters=",[]"), min_size=1, max_size=128
)
_LISTS = st.lists(_NAMES, min_size=1, max_size=8, unique=True)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(MODERATORS),
    lambda values: st.lists(values) | st.dictionaries(st.text() | st.just(MODERATORS), values),
)


@pytest.mark.parametrize("name", ACCEPTED_CLAIMS)
def test_group_is_found_in_each_form(name: str) -> None:
    assert MODERATORS in parse_groups(ACCEPTED_CLAIMS[name])


@pytest.mark.parametrize("name", HOSTILE_CLAIMS)
def test_hostile_claim_makes_no_moderator(name: str) -> None:
    assert MODERATORS not in parse_groups(HOSTILE_CLAIMS[name])


@pytest.mark.parametrize("group", AMBIGUOUS_CLAIMS)
def test_ambiguous_name_is_harmless_in_a_list(group: str) -> None:
    """As text, such a group looks like the group of the moderators. The operator's guide forbids these names."""
    assert MODERATORS in parse_groups(AMBIGUOUS_CLAIMS[group])
    assert parse_groups([group]) == {group}


@without_deadline
@given(_LISTS)
def test_all_forms_of_a_list_name_the_same_groups(names: list[str]) -> None:
    for claim in (names, f"[{' '.join(names)}]", ",".join(names)):
        assert parse_groups(claim) == set(names)


@without_deadline
@given(_JSON)
def test_any_claim_is_read_without_an_error(claim: Any) -> None:
    is_member = MODERATORS in parse_groups(claim)
    texts = claim if isinstance(claim, list) else [claim]
    assert not is_member or any(isinstance(text, str) and MODERATORS in text for text in texts)


def test_huge_claims_are_read_in_linear_time() -> None:
    for claim in ("a" * 10**6, "[" + "a " * 10**6, "a," * 10**6, "[" * 10**6, " " * 10**6):
        assert parse_groups(claim) == ({claim} if claim.isalpha() else frozenset())


def test_group_of_the_template_is_that_of_the_code() -> None:
    group = load_template(ROOT / "deploy" / "data.yml")["Resources"]["ModeratorsGroup"]
    assert group["Properties"]["GroupName"] == MODERATORS
