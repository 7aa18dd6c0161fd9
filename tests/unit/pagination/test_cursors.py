"""A cursor decodes to its position, for its own list only. Any other text is an invalid cursor."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aws.timestamps import is_timestamp, now, to_text
from app.dwipps.ids import is_id, new_id
from app.errors import InvalidCursorError
from app.pagination.cursors import decode_cursor, encode_cursor
from testkit.hypothesis_settings import without_deadline

LIST_NAMES = st.text(max_size=40)
# A part of a position is any text without the separator.
PARTS = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=60)


def accept_any(_part: str) -> bool:
    return True


@without_deadline
@given(LIST_NAMES.filter(lambda list_name: list_name.isprintable()), st.lists(PARTS, min_size=1, max_size=3))
def test_position_round_trips(list_name: str, position: list[str]) -> None:
    cursor = encode_cursor(list_name, *position)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()
    assert decode_cursor(list_name, cursor, *[accept_any] * len(position)) == tuple(position)


@without_deadline
@given(st.lists(PARTS, min_size=1, max_size=3), st.integers(1, 4))
def test_wrong_part_count_is_invalid(position: list[str], checks: int) -> None:
    cursor = encode_cursor("feed", *position)
    if checks != len(position):
        with pytest.raises(InvalidCursorError):
            decode_cursor("feed", cursor, *[accept_any] * checks)


@pytest.mark.parametrize("other_list", ["", "Feed", "feed ", "author kay", "favorites 1"])
def test_cursor_belongs_to_one_list(other_list: str) -> None:
    cursor = encode_cursor("feed", new_id())
    with pytest.raises(InvalidCursorError):
        decode_cursor(other_list, cursor, is_id)


@without_deadline
@given(st.text(max_size=120))
def test_any_text_is_an_invalid_cursor(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor("feed", text, is_id)


@without_deadline
@given(st.binary(max_size=120))
def test_any_bytes_are_an_invalid_cursor(content: bytes) -> None:
    for cursor in (base64.urlsafe_b64encode(content).decode(), base64.urlsafe_b64encode(content).rstrip(b"=").decode()):
        with pytest.raises(InvalidCursorError):
            decode_cursor("feed", cursor, is_id)


@without_deadline
@given(st.data())
def test_tampered_cursor_is_invalid_or_a_position_in_the_list(data: st.DataObject) -> None:
    cursor = encode_cursor("feed", new_id())
    index = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.characters())
    tampered = cursor[:index] + character + cursor[index + data.draw(st.integers(0, 2)) :]
    try:
        (position,) = decode_cursor("feed", tampered, is_id)
    except InvalidCursorError:
        return
    assert is_id(position)
    assert encode_cursor("feed", position) == tampered


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cursor: "", id="empty"),  # noqa: ARG005
        pytest.param(lambda cursor: f"{cursor}=", id="padded"),
        pytest.param(lambda cursor: f"{cursor}\n", id="line break"),
        pytest.param(lambda cursor: f" {cursor}", id="leading blank"),
        pytest.param(lambda cursor: cursor[:-1], id="truncated"),
        pytest.param(lambda cursor: cursor * 2, id="repeated"),
        pytest.param(lambda cursor: f"{cursor}A", id="extra letter"),
    ],
)
def test_altered_cursor_is_invalid(change: Any) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor("feed", change(encode_cursor("feed", new_id())), is_id)


def test_each_part_is_checked() -> None:
    timestamp, dwipp_id = to_text(now()), new_id()
    assert decode_cursor("f", encode_cursor("f", timestamp, dwipp_id), is_timestamp, is_id) == (timestamp, dwipp_id)
    for position in ((dwipp_id, timestamp), (timestamp, timestamp), ("", dwipp_id), (timestamp, dwipp_id.upper())):
        with pytest.raises(InvalidCursorError):
            decode_cursor("f", encode_cursor("f", *position), is_timestamp, is_id)
