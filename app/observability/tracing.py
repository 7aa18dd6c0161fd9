"""Pseudonyms and trace ids for log lines. Imports nothing of Dwipper."""

import hashlib
import os
import re

# https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
_TRACE_ROOT = re.compile(r"(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


def trace_id() -> str | None:
    """Return the X-Ray trace id from the variable that Lambda's runtime sets at every invocation."""
    found = _TRACE_ROOT.search(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return found[1] if found else None


def hash_id(member_id: str | None) -> str | None:
    """Return a pseudonym of a member. It needs no key, because a random UUID cannot be guessed."""
    return hashlib.sha256(member_id.encode()).hexdigest()[:16] if member_id else None
