"""A cursor leads back to its own list, and whatever else is sent as one is refused in one way."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aws.timestamps import is_timestamp, now, to_text
from app.dwipps.ids import is_id, new_id
from app.errors import InvalidCursorError
from app.pagination.cursors import decode_cursor, encode_cursor
from testkit.hypothesis_settings import unhurried

LISTS = st.text(max_size=40)
# What a place is made of: anything without the separator.
PARTS = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=60)


def anything(_part: str) -> bool:
    return True


@unhurried
@given(LISTS.filter(lambda name: name.isprintable()), st.lists(PARTS, min_size=1, max_size=3))
def test_a_place_comes_back_from_its_cursor(name: str, place: list[str]) -> None:
    cursor = encode_cursor(name, *place)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()
    assert decode_cursor(name, cursor, *[anything] * len(place)) == tuple(place)


@unhurried
@given(st.lists(PARTS, min_size=1, max_size=3), st.integers(1, 4))
def test_a_place_has_as_many_parts_as_the_list_asks_for(place: list[str], checks: int) -> None:
    cursor = encode_cursor("feed", *place)
    if checks != len(place):
        with pytest.raises(InvalidCursorError):
            decode_cursor("feed", cursor, *[anything] * checks)


@pytest.mark.parametrize("other", ["", "Feed", "feed ", "author kay", "favorites 1"])
def test_another_list_does_not_take_it(other: str) -> None:
    cursor = encode_cursor("feed", new_id())
    with pytest.raises(InvalidCursorError):
        decode_cursor(other, cursor, is_id)


@unhurried
@given(st.text(max_size=120))
def test_no_text_is_one(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor("feed", text, is_id)


@unhurried
@given(st.binary(max_size=120))
def test_no_bytes_are_one(content: bytes) -> None:
    for cursor in (base64.urlsafe_b64encode(content).decode(), base64.urlsafe_b64encode(content).rstrip(b"=").decode()):
        with pytest.raises(InvalidCursorError):
            decode_cursor("feed", cursor, is_id)


@unhurried
@given(st.data())
def test_one_that_was_tampered_with_leads_to_a_place_of_the_same_list_or_nowhere(data: st.DataObject) -> None:
    cursor = encode_cursor("feed", new_id())
    position = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.characters())
    tampered = cursor[:position] + character + cursor[position + data.draw(st.integers(0, 2)) :]
    try:
        (place,) = decode_cursor("feed", tampered, is_id)
    except InvalidCursorError:
        return
    assert is_id(place)
    assert encode_cursor("feed", place) == tampered


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda cursor: "", id="empty"),  # noqa: ARG005
        pytest.param(lambda cursor: f"{cursor}=", id="padded"),
        pytest.param(lambda cursor: f"{cursor}\n", id="a line break"),
        pytest.param(lambda cursor: f" {cursor}", id="a blank"),
        pytest.param(lambda cursor: cursor[:-1], id="cut off"),
        pytest.param(lambda cursor: cursor * 2, id="twice"),
        pytest.param(lambda cursor: f"{cursor}A", id="a letter more"),
    ],
)
def test_there_is_one_spelling(spell: Any) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor("feed", spell(encode_cursor("feed", new_id())), is_id)


def test_every_part_is_checked() -> None:
    moment, dwipp_id = to_text(now()), new_id()
    assert decode_cursor("f", encode_cursor("f", moment, dwipp_id), is_timestamp, is_id) == (moment, dwipp_id)
    for place in ((dwipp_id, moment), (moment, moment), ("", dwipp_id), (moment, dwipp_id.upper())):
        with pytest.raises(InvalidCursorError):
            decode_cursor("f", encode_cursor("f", *place), is_timestamp, is_id)
