"""Handles have one form. Reserved handles are refused, and generated handles are valid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.members.handles import RESERVED, generate_handle, is_handle, is_reserved
from testkit.hypothesis_settings import without_deadline


@pytest.mark.parametrize("handle", ["kay", "abc", "a" * 20, "123", "___", "rinsing_otter_48", "0_o"])
def test_valid_handle_is_accepted(handle: str) -> None:
    assert is_handle(handle)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ab",
        "a" * 21,
        "Kay",
        "KAY",
        "k y",
        "k-y",
        "k.y",
        "käy",
        "кay",
        "kay\n",
        "\nkay",
        " kay",
        "k\x00y",
        "\uff4bay",
        "k@y",
    ],
    ids=ascii,
)
def test_invalid_handle_is_refused(value: str) -> None:
    assert not is_handle(value)


@without_deadline
@given(st.text(max_size=30))
def test_handle_is_valid_by_alphabet_and_length(value: str) -> None:
    alphabet = set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert is_handle(value) is (3 <= len(value) <= 20 and set(value) <= alphabet)


@pytest.mark.parametrize(
    "handle",
    [
        "admin",
        "root",
        "support",
        "security",
        "moderator",
        "postmaster",
        "abuse",
        "api",
        "login",
        "null",
        "undefined",
        "you",
    ],
)
def test_common_words_are_reserved(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_underscores_do_not_free_a_reserved_word(word: str) -> None:
    assert is_reserved(word)
    assert is_reserved(f"_{word}_")
    assert is_reserved("_".join(word))
    assert is_reserved(word.replace("_", ""))


@pytest.mark.parametrize(
    "handle", ["dwipper", "dwipper_team", "the_dwipper", "d_w_i_p_p_e_r", "real_dwipper_1", "__dwipper"]
)
def test_site_name_is_reserved_within_a_handle(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize("handle", ["kay", "administer", "badmin", "rooted", "supporter", "wiki_fan", "dwip", "helper"])
def test_similar_words_are_not_reserved(handle: str) -> None:
    assert not is_reserved(handle)


def test_generated_handles_are_valid_and_not_reserved() -> None:
    generated = [generate_handle() for _ in range(3000)]
    assert all(is_handle(handle) and not is_reserved(handle) for handle in generated)


def test_generated_handles_rarely_repeat() -> None:
    assert len({generate_handle() for _ in range(1000)}) > 990
