"""Times have exactly three digits of fraction in each model. Only ASCII letters change to lower case."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.main import create_app
from app.openapi.formats import format_timestamp, lower_ascii
from testkit.hypothesis_settings import without_deadline

TIMES = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001
    datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.timezones() | st.just(UTC),
)


def _iter_models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """Yield the models of the app."""
    for model in base.__subclasses__():
        if model.__module__.startswith("app."):
            yield model
        yield from _iter_models(model)


def _find_time_fields() -> list[tuple[type[BaseModel], str]]:
    create_app()  # It imports all models.
    return [
        (model, name)
        for model in _iter_models()
        for name, field in model.model_fields.items()
        if "datetime" in repr(field.annotation)
    ]


class TestTimes:
    @without_deadline
    @given(TIMES)
    def test_time_has_three_digits_and_round_trips_to_the_millisecond(self, moment: datetime) -> None:
        text = format_timestamp(moment)
        assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", text)
        difference = moment - datetime.fromisoformat(text)
        assert timedelta(0) <= difference < timedelta(milliseconds=1)

    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (datetime(2026, 11, 25, 20, 52, 49, tzinfo=UTC), "2026-11-25T20:52:49.000Z"),
            (datetime(2026, 11, 25, 20, 52, 49, 1, tzinfo=UTC), "2026-11-25T20:52:49.000Z"),
            (datetime(2026, 11, 25, 20, 52, 49, 810_000, tzinfo=UTC), "2026-11-25T20:52:49.810Z"),
            (datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "2026-12-31T23:59:59.999Z"),
            (datetime(2026, 11, 26, 2, 22, 49, tzinfo=timezone(timedelta(hours=5.5))), "2026-11-25T20:52:49.000Z"),
            (datetime(7, 1, 1, tzinfo=UTC), "0007-01-01T00:00:00.000Z"),
        ],
    )
    def test_time_is_rounded_down_to_utc_milliseconds(self, moment: datetime, text: str) -> None:
        assert format_timestamp(moment) == text

    @pytest.mark.parametrize(
        ("model", "name"),
        _find_time_fields(),
        ids=lambda value: value if isinstance(value, str) else str(value.__name__),
    )
    @pytest.mark.parametrize("microsecond", [0, 999, 810_000, 999_999])
    def test_each_time_in_a_model_has_three_digits(self, model: type[BaseModel], name: str, microsecond: int) -> None:
        values: dict[str, Any] = {name: datetime(2026, 11, 25, 20, 52, 49, microsecond, tzinfo=UTC)}
        text = model.model_construct(**values).model_dump_json(include={name})
        assert text == f'{{"{name}":"2026-11-25T20:52:49.{microsecond // 1000:03}Z"}}'

    def test_all_fields_with_a_time_are_found(self) -> None:
        names = {(model.__name__, name) for model, name in _find_time_fields()}
        assert names >= {
            *(("DwippView", "created_at"), ("DwippView", "edited_at"), ("Mark", "at")),
            *(("ProfileView", "joined_at"), ("OwnProfileView", "joined_at")),
        }


class TestLowerAscii:
    @without_deadline
    @given(st.text(st.characters(max_codepoint=0x7F)))
    def test_ascii_text_becomes_lower_case(self, text: str) -> None:
        assert lower_ascii(text) == text.lower()

    def test_each_other_code_point_is_unchanged(self) -> None:
        others = map(chr, range(0x80, sys.maxunicode + 1))
        assert [character for character in others if lower_ascii(character) != character] == []

    @pytest.mark.parametrize("text", ["\u212aAY", "K\u0131M", "\u0130AN", "\u017fAM", "ＫＡＹ", "KÄY"], ids=ascii)  # noqa: RUF001
    def test_lookalike_never_becomes_an_ascii_text(self, text: str) -> None:
        assert lower_ascii(text) == text
        assert not lower_ascii(text).isascii()
