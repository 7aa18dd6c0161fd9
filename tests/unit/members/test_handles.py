"""Handles have one form. Reserved handles are refused, and generated handles are valid."""

import re

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.members.handles import _ACTIVITIES, _ANIMALS, PATTERN, RESERVED, generate_handle, is_handle, is_reserved
from testkit.hypothesis_settings import without_deadline

HANDLES = st.from_regex(r"[a-z0-9_]{3,20}", fullmatch=True).filter(is_handle)


@pytest.mark.parametrize(
    "handle", ["kay", "abc", "a" * 20, "123", "rinsing_otter_48", "0_o", "_a_", "__1", "a__", "_" * 19 + "a"]
)
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
        "\u212aay",
        "k\u0663y",
        "k@y",
        "___",
        "_" * 20,
        "___\n",
    ],
    ids=ascii,
)
def test_invalid_handle_is_refused(value: str) -> None:
    assert not is_handle(value)


@without_deadline
@given(st.text(max_size=30) | st.text(st.sampled_from("az09_"), max_size=22))
@example("___")
@example("_" * 20)
@example("_" * 19 + "0")
def test_handle_is_valid_by_alphabet_and_length(value: str) -> None:
    alphabet = set("abcdefghijklmnopqrstuvwxyz0123456789_")
    is_valid = 3 <= len(value) <= 20 and set(value) <= alphabet and set(value) != {"_"}
    assert is_handle(value) is is_valid
    assert jsonschema_rs.is_valid({"pattern": PATTERN}, value) is is_valid


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
    "handle",
    [
        *("dwipper", "dwipper_team", "the_dwipper", "d_w_i_p_p_e_r", "real_dwipper_1", "__dwipper", "dwipp", "dwipps"),
        *("dwipp_support", "my_dwipp", "dwippster", "thedwippsite", "dwi_pp", "d_w_i_p_p", "xdwippx", "2dwipp2"),
    ],
)
def test_site_name_is_reserved_within_a_handle(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize(
    "handle",
    [
        *("dw1pp", "dwlpp", "dvvipp", "duuipp", "clwipp", "dwipp3r", "dv_vipp", "d_w_1_p_p", "my_dvvlpper", "dw1_pper"),
        *("adm1n", "admln", "adrnin", "aclmin", "supp0rt", "5upport", "m0d", "m0derat0r", "4dm1n", "r00t", "1ega1"),
        *("8oard", "lo9in", "vveb", "kay_adm1n", "supp0rt_kay", "te4m"),
    ],
)
def test_lookalike_of_a_reserved_word_is_reserved(handle: str) -> None:
    assert is_reserved(handle)


@pytest.mark.parametrize(
    "handle",
    [
        *("admin_team", "kay_admin", "admin_kay", "the_admin_1", "kay_ad_min", "_admin", "admin_", "__admin__"),
        *("mod_kay", "a_mod_b", "official_kay", "kay__support", "wiki_fan", "no_body_kay", "kay_mailer_daemon"),
        *("d_e_v_kay", "user_123", "48_help"),
    ],
)
def test_reserved_word_joined_to_others_is_reserved(handle: str) -> None:
    assert is_reserved(handle)


@without_deadline
@given(st.sampled_from(sorted(RESERVED)), HANDLES, HANDLES)
def test_any_word_joined_to_a_reserved_word_is_reserved(word: str, before: str, after: str) -> None:
    for handle in (f"{before}_{word}", f"{word}_{after}", f"{before}_{word}_{after}"):
        assert is_reserved(handle)


@pytest.mark.parametrize(
    "handle",
    [
        *("kay", "administer", "badmin", "rooted", "supporter", "dwip", "helper", "wikifan", "teammate", "modest"),
        *("dwi", "wipp", "kay_705", "kay_7357", "705", "7357", "54135", "1977_kay", "_kay_", "k_a_y", "__1", "0_0"),
    ],
)
def test_similar_words_and_numbers_are_not_reserved(handle: str) -> None:
    assert not is_reserved(handle)


def test_generated_handles_are_valid_and_not_reserved() -> None:
    generated = [generate_handle() for _ in range(3000)]
    assert all(is_handle(handle) and not is_reserved(handle) for handle in generated)
    assert all(re.fullmatch("[a-z]+_[a-z]+_[0-9]{2,5}", handle) for handle in generated)


def test_each_pair_of_an_activity_and_an_animal_is_not_reserved() -> None:
    pairs = [f"{activity}_{animal}" for activity in _ACTIVITIES for animal in _ANIMALS]
    assert [pair for pair in pairs if is_reserved(f"{pair}_48")] == []


@without_deadline
@given(st.sampled_from(_ACTIVITIES), st.sampled_from(_ANIMALS), st.integers(10, 99999))
@example("rinsing", "otter", 705)
@example("rinsing", "otter", 7357)
@example("rinsing", "otter", 54135)
def test_each_generated_handle_is_not_reserved(activity: str, animal: str, number: int) -> None:
    assert not is_reserved(f"{activity}_{animal}_{number}")


def test_reserved_words_are_handles_or_shorter() -> None:
    assert all(is_handle(word) or len(word) < 3 for word in RESERVED)


def test_generated_handles_rarely_repeat() -> None:
    assert len({generate_handle() for _ in range(1000)}) > 990
