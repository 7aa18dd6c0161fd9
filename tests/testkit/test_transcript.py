"""The transcripts of a test over two transports must be equal. Either transport may finish first."""

from pathlib import Path

import pytest

from testkit.transcript import Transcript, compare_transports


def _make_transcript(*statuses: int) -> Transcript:
    transcript = Transcript()
    transcript += [("GET", "/health", status, {}, "") for status in statuses]
    return transcript


def test_equal_transcripts_pass(tmp_path: Path) -> None:
    compare_transports(tmp_path, "a test", "uvicorn", _make_transcript(200, 404))
    compare_transports(tmp_path, "a test", "rest", _make_transcript(200, 404))


def test_different_responses_fail(tmp_path: Path) -> None:
    compare_transports(tmp_path, "a test", "rest", _make_transcript(200, 404))
    with pytest.raises(AssertionError, match=r"the transports responded differently: .*404.*, .*405"):
        compare_transports(tmp_path, "a test", "uvicorn", _make_transcript(200, 405))


def test_missing_request_fails(tmp_path: Path) -> None:
    compare_transports(tmp_path, "a test", "rest", _make_transcript(200, 404))
    with pytest.raises(AssertionError, match="different numbers of requests"):
        compare_transports(tmp_path, "a test", "uvicorn", _make_transcript(200))


def test_other_tests_are_not_compared(tmp_path: Path) -> None:
    compare_transports(tmp_path, "a test", "rest", _make_transcript(200))
    compare_transports(tmp_path, "another test", "uvicorn", _make_transcript(404))


def test_test_without_requests_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="sent no request"):
        compare_transports(tmp_path, "a test", "rest", Transcript())
