"""A log line has X-Ray's trace id if it is valid, and a pseudonym that is the same for all lines of a member.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import hashlib

import pytest

from app.observability.log_lines import hash_id, trace_id

MEMBER_ID = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.parametrize(
    "header",
    [
        f"Root={TRACE_ID}",
        f"Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1",
        f"Self=1-67891234-12456789abcdef012345678;Root={TRACE_ID}",
    ],
)
def test_trace_id_is_the_root_of_the_header(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert trace_id() == TRACE_ID


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Sampled=1",
        "Root=",
        f"root={TRACE_ID}",
        f"OtherRoot={TRACE_ID}",
        f"Root={TRACE_ID}0",
        f"Root={TRACE_ID.upper().replace('E', 'G')}",
        f"Root=2{TRACE_ID[1:]}",
        f"Root={TRACE_ID}\n{TRACE_ID}",
    ],
)
def test_invalid_header_has_no_trace_id(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert trace_id() is None


def test_process_outside_of_lambda_has_no_trace_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    assert trace_id() is None


def test_pseudonym_is_a_part_of_the_hash() -> None:
    assert hash_id(MEMBER_ID) == hashlib.sha256(MEMBER_ID.encode()).hexdigest()[:16]
    assert hash_id(MEMBER_ID) != hash_id(MEMBER_ID.upper())


@pytest.mark.parametrize("missing", [None, ""])
def test_nobody_has_no_pseudonym(missing: str | None) -> None:
    assert hash_id(missing) is None
