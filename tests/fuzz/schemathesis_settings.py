"""How schemathesis is set: all of its phases and checks, and now and then a value that leads somewhere."""

import os
import secrets
from typing import Any

from tests.fuzz.members import CONFIRMATION_CODE, PASSWORD, RESET_CODE, Members

EXAMPLES = 120  # Random cases of an operation.
SCENARIOS = 50  # Walks along the links, at a time.
STEPS = 12  # Of one walk, at most.

_LONGEST_ANSWER_SECONDS = 29.0  # API Gateway gives up then.


def _of(dictionary: str, probability: float = 0.5) -> dict[str, Any]:
    return {"dictionary": dictionary, "probability": probability}


_PARAMETERS = {
    "confirm": {"body.registration": _of("registrations"), "body.code": _of("confirmation codes")},
    "resend": {"body.registration": _of("registrations")},
    "login": {"body.email": _of("emails"), "body.password": _of("passwords")},
    "token": {"body.username": _of("emails"), "body.password": _of("passwords")},
    "refresh": {"body.refresh_token": _of("refresh tokens")},
    "change_password": {"body.current_password": _of("passwords")},
    # Nobody else's, or those who log in above could not any more.
    "forgot_password": {"body.email": _of("forgetful emails", 1.0)},
    "reset_password": {"body.email": _of("forgetful emails", 1.0), "body.code": _of("reset codes")},
}


def settings(url: str, members: Members) -> dict[str, Any]:
    """The configuration file that this would be."""
    return {
        "base-url": url,
        "seed": int(os.environ.get("SEED", secrets.randbits(64))),  # Otherwise parallel tests would share one.
        "max-failures": 5,  # Each of them is made small first, which takes its time.
        "generation": {"max-examples": EXAMPLES, "database": "none"},
        "phases": {"stateful": {"generation": {"max-examples": SCENARIOS}, "max-steps": STEPS}},
        "output": {"sanitization": {"enabled": False}},  # A finding has to be repeated, and no secret opens anything.
        "checks": {
            # Codes, cursors, ids and passwords have the right form and are wrong all the same, mostly. Whether it is
            # that for which a request is refused is looked at in tests/fuzz/checks.py.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422"]},
            # Without a 5xx. 403 is for a good request alone; 405, 409 and 429 are as well.
            "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "413", "415", "422"]},
            "max_response_time": _LONGEST_ANSWER_SECONDS,
        },
        "dictionaries": {name: {"values": values} for name, values in _known(members).items()},
        "parameters": {"path.handle": _of("handles")},
        "operations": [
            {"include-operation-id": operation, "parameters": parameters}
            for operation, parameters in _PARAMETERS.items()
        ],
    }


def _known(members: Members) -> dict[str, list[str]]:
    return {
        "confirmation codes": [CONFIRMATION_CODE],
        "emails": [members.email],
        "forgetful emails": [members.forgetful, "nobody@example.org"],
        "handles": [members.handle],
        "passwords": [PASSWORD],
        "refresh tokens": [members.refresh_token],
        "registrations": members.registrations,
        "reset codes": [RESET_CODE],
    }
