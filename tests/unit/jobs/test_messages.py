"""A message is a JSON document of one version. Any other body is unreadable, and its error does not repeat it."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.jobs.messages import DELETE_ACCOUNT, MAX_NUMBER, RENEW_RANKING, JobMessage, UnreadableMessageError

SUBJECT = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
DOCUMENT: dict[str, Any] = {"version": 1, "kind": "delete-account", "subject": SUBJECT, "number": 0}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)
# Documents whose members are valid, nearly valid or arbitrary.
documents = st.fixed_dictionaries(
    {"kind": st.just("delete-account") | st.sampled_from(["Delete-account", "", "echo"]) | json_values},
    optional={
        "version": st.integers(0, 2) | json_values,
        "subject": st.uuids().map(str) | st.uuids().map(lambda value: str(value).upper()) | json_values,
        "number": st.integers(-1, MAX_NUMBER + 2) | json_values,
        "email": st.text(),
    },
)


def _parse(body: str | bytes) -> JobMessage | str:
    """Return the message, or the text of the error."""
    try:
        return JobMessage.from_json(body)
    except UnreadableMessageError as error:
        return str(error)


class TestFormat:
    def test_message_is_a_json_document_with_a_version(self) -> None:
        assert json.loads(JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT).to_json()) == DOCUMENT

    def test_message_is_read_back(self) -> None:
        message = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT, number=7)
        assert JobMessage.from_json(message.to_json()) == message

    @pytest.mark.parametrize("name", ["day", "a" * 20])
    def test_subject_can_be_a_name(self, name: str) -> None:
        message = JobMessage(kind=RENEW_RANKING, subject=name)
        assert JobMessage.from_json(message.to_json()) == message

    def test_next_message_has_the_next_number(self) -> None:
        message = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT)
        assert message.next() == JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT, number=1)
        assert message.number == 0

    def test_message_after_the_longest_chain_can_be_read(self) -> None:
        """So that the worker reports the chain, instead of a message that cannot be read."""
        message = JobMessage(kind=DELETE_ACCOUNT, subject=SUBJECT, number=MAX_NUMBER).next()
        assert JobMessage.from_json(message.to_json()) == message


class TestUnreadableMessages:
    @pytest.mark.parametrize(
        ("body", "flaws"),
        [
            pytest.param("", "json_invalid", id="empty"),
            pytest.param("delete", "json_invalid", id="no JSON"),
            pytest.param("[]", "model_type", id="no object"),
            pytest.param("{}", "missing", id="empty object"),
            pytest.param(json.dumps(DOCUMENT | {"version": 2}), "less_than_equal", id="later version"),
            pytest.param(json.dumps(DOCUMENT | {"version": "1"}), "int_type", id="version as text"),
            pytest.param(json.dumps(DOCUMENT | {"version": 1.0}), "int_type", id="version as fraction"),
            pytest.param(json.dumps(DOCUMENT | {"subject": "-" * 36}), "string_pattern_mismatch", id="only hyphens"),
            pytest.param(json.dumps(DOCUMENT | {"kind": "echo"}), "literal_error", id="unknown kind"),
            pytest.param(
                json.dumps(DOCUMENT | {"subject": "Kay"}), "string_pattern_mismatch", id="neither id nor name"
            ),
            pytest.param(json.dumps(DOCUMENT | {"subject": f"{SUBJECT}\n"}), "string_pattern_mismatch", id="line end"),
            pytest.param(json.dumps(DOCUMENT | {"number": -1}), "greater_than_equal", id="negative number"),
            pytest.param(json.dumps(DOCUMENT | {"number": MAX_NUMBER + 2}), "less_than_equal", id="large number"),
            pytest.param(json.dumps(DOCUMENT | {"number": "1"}), "int_type", id="number as text"),
            pytest.param(json.dumps(DOCUMENT | {"number": True}), "int_type", id="number as boolean"),
            pytest.param(json.dumps(DOCUMENT | {"email": "kay@example.org"}), "extra_forbidden", id="unknown member"),
            pytest.param(json.dumps({"kind": "echo", "email": 1}), "extra_forbidden, literal_error, missing", id="all"),
        ],
    )
    def test_error_names_the_flaws(self, body: str, flaws: str) -> None:
        assert _parse(body) == flaws

    def test_error_has_no_cause_that_repeats_the_body(self) -> None:
        with pytest.raises(UnreadableMessageError) as caught:
            JobMessage.from_json(json.dumps(DOCUMENT | {"email": "kay@example.org"}))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


class TestAnyBody:
    @given(st.binary() | documents.map(json.dumps) | json_values.map(json.dumps))
    @example("[" * 10_000)
    @example(b"\xff")
    def test_body_is_a_message_or_unreadable(self, body: str | bytes) -> None:
        parsed = _parse(body)
        if isinstance(parsed, JobMessage):
            assert JobMessage.from_json(parsed.to_json()) == parsed
            # A field that is missing in the document has its default.
            assert json.loads(parsed.to_json()) == {"version": 1, "number": 0} | json.loads(body)

    @given(st.text(st.characters(codec=None)))
    @example("\ud800")
    def test_text_is_a_message_or_unreadable(self, body: str) -> None:
        _parse(body)

    @given(st.text(min_size=1), st.sampled_from([*DOCUMENT, "email"]))
    def test_error_does_not_repeat_the_body(self, secret: str, name: str) -> None:
        marked = f"secret {secret}"
        for body in (json.dumps(DOCUMENT | {name: marked}), json.dumps(DOCUMENT | {marked: 1}), marked):
            text = _parse(body)
            assert isinstance(text, str)
            assert "secret" not in text
