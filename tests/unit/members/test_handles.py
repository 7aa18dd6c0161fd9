"""Handles have one form; what would let somebody speak for the house is nobody's; made-up ones are as good as any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.members.handles import RESERVED, generate_handle, is_handle, is_reserved
from testkit.hypothesis_settings import unhurried


@pytest.mark.parametrize("handle", ["kay", "abc", "a" * 20, "123", "___", "rinsing_otter_48", "0_o"])
def test_it_is_a_handle(handle: str) -> None:
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
def test_it_is_none(value: str) -> None:
    assert not is_handle(value)


@unhurried
@given(st.text(max_size=30))
def test_a_handle_is_of_its_alphabet_and_length(value: str) -> None:
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
def test_what_a_moderator_would_expect_is_reserved(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_reserved_however_underscores_are_put_in(word: str) -> None:
    assert is_reserved(word)
    assert is_reserved(f"_{word}_")
    assert is_reserved("_".join(word))
    assert is_reserved(word.replace("_", ""))


@pytest.mark.parametrize(
    "handle", ["dwipper", "dwipper_team", "the_dwipper", "d_w_i_p_p_e_r", "real_dwipper_1", "__dwipper"]
)
def test_the_houses_own_name_is_reserved_inside_a_handle_too(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize("handle", ["kay", "administer", "badmin", "rooted", "supporter", "wiki_fan", "dwip", "helper"])
def test_words_that_only_hold_a_reserved_one_are_free(handle: str) -> None:
    assert not is_reserved(handle)


def test_made_up_ones_are_handles_and_not_reserved() -> None:
    made = [generate_handle() for _ in range(3000)]
    assert all(is_handle(handle) and not is_reserved(handle) for handle in made)


def test_made_up_ones_rarely_meet() -> None:
    assert len({generate_handle() for _ in range(1000)}) > 990
