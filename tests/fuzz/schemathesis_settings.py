"""The settings of schemathesis: all its phases and checks, and dictionaries with some valid values."""

import os
import secrets
from typing import Any

from tests.fuzz.members import CONFIRMATION_CODE, PASSWORD, RESET_CODE, Members

MAX_EXAMPLES = 120  # Random cases of each operation.
MAX_WALKS = 50  # Walks along the links in one phase.
MAX_WALK_STEPS = 12

_GATEWAY_TIMEOUT_SECONDS = 29.0  # That of API Gateway.


def _from_dictionary(dictionary: str, probability: float = 0.5) -> dict[str, Any]:
    return {"dictionary": dictionary, "probability": probability}


_PARAMETERS = {
    "confirm": {
        "body.registration": _from_dictionary("registrations"),
        "body.code": _from_dictionary("confirmation codes"),
    },
    "resend": {"body.registration": _from_dictionary("registrations")},
    "login": {"body.email": _from_dictionary("emails"), "body.password": _from_dictionary("passwords")},
    "token": {"body.username": _from_dictionary("emails"), "body.password": _from_dictionary("passwords")},
    "refresh": {"body.refresh_token": _from_dictionary("refresh tokens")},
    "change_password": {"body.current_password": _from_dictionary("passwords")},
    # Always these emails. A reset of another member would break the logins above.
    "forgot_password": {"body.email": _from_dictionary("reset emails", 1.0)},
    "reset_password": {
        "body.email": _from_dictionary("reset emails", 1.0),
        "body.code": _from_dictionary("reset codes"),
    },
}


def build_settings(url: str, members: Members) -> dict[str, Any]:
    """Return the content of a configuration file of schemathesis.

    The environment variable SEED repeats a run.

    Args:
        url: the API.
        members: provide the values of the dictionaries.
    """
    return {
        "base-url": url,
        "seed": int(os.environ.get("SEED", secrets.randbits(64))),  # By default parallel tests would share a seed.
        "max-failures": 5,  # Schemathesis shrinks each failure, which takes time.
        "generation": {"max-examples": MAX_EXAMPLES, "database": "none"},
        "phases": {"stateful": {"generation": {"max-examples": MAX_WALKS}, "max-steps": MAX_WALK_STEPS}},
        # A finding must be repeatable, and these secrets are those of test accounts.
        "output": {"sanitization": {"enabled": False}},
        "checks": {
            # Most codes, cursors, ids and passwords have a valid form and a wrong value. tests/fuzz/checks.py checks
            # that the form is not the reason for the refusal.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422"]},
            # No 5xx. Only valid requests get 403, 405, 409 and 429.
            "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "413", "415", "422"]},
            "max_response_time": _GATEWAY_TIMEOUT_SECONDS,
        },
        "dictionaries": {name: {"values": values} for name, values in _dictionaries(members).items()},
        "parameters": {"path.handle": _from_dictionary("handles")},
        "operations": [
            {"include-operation-id": operation, "parameters": parameters}
            for operation, parameters in _PARAMETERS.items()
        ],
    }


def _dictionaries(members: Members) -> dict[str, list[str]]:
    """Return the valid values by the name of their dictionary."""
    return {
        "confirmation codes": [CONFIRMATION_CODE],
        "emails": [members.email],
        "reset emails": [members.reset_email, "nobody@example.org"],
        "handles": [members.handle],
        "passwords": [PASSWORD],
        "refresh tokens": [members.refresh_token],
        "registrations": members.registrations,
        "reset codes": [RESET_CODE],
    }
