"""The settings of schemathesis: all phases, all checks, and dictionaries of valid values."""

import os
import secrets
from typing import Any

from tests.fuzz.members import CONFIRMATION_CODE, PASSWORD, RESET_CODE, Members

MAX_EXAMPLES = 120  # Random cases of each operation.
MAX_WALKS = 50  # Walks along the links in one stateful phase.
MAX_WALK_STEPS = 12

_GATEWAY_TIMEOUT_SECONDS = 29.0  # That of API Gateway.


def _use_dictionary(dictionary: str, probability: float = 0.5) -> dict[str, Any]:
    """Return the setting of a parameter whose values come from a dictionary with this probability."""
    return {"dictionary": dictionary, "probability": probability}


_REPORTED_DWIPP = {"path.dwipp_id": _use_dictionary("reported Dwipps")}
_REPORTED_HANDLE = {"path.handle": _use_dictionary("reported handles", 1.0)}
_PARAMETERS = {
    "confirm": {
        "body.registration": _use_dictionary("registrations"),
        "body.code": _use_dictionary("confirmation codes"),
    },
    "resend": {"body.registration": _use_dictionary("registrations")},
    "list_dwipps": {
        "query.ids": _use_dictionary("reported Dwipps"),
        "query.since": _use_dictionary("reported Dwipps"),
    },
    # A suspension or a removal must not hit the member who makes the other calls.
    "report_dwipp": _REPORTED_DWIPP,
    "read_case": _REPORTED_DWIPP,
    "decide_case": _REPORTED_DWIPP,
    "read_record": _REPORTED_HANDLE,
    # Few generated bodies are valid, and those must find a member.
    "suspend_member": {
        "path.handle": _use_dictionary("suspended handles", 1.0),
        "body.until": _use_dictionary("ends of suspensions"),
    },
    "lift_suspension": _REPORTED_HANDLE,
    "login": {"body.email": _use_dictionary("emails"), "body.password": _use_dictionary("passwords")},
    "token": {"body.username": _use_dictionary("emails"), "body.password": _use_dictionary("passwords")},
    "refresh": {"body.refresh_token": _use_dictionary("refresh tokens")},
    "change_password": {"body.current_password": _use_dictionary("passwords")},
    # Only emails from the dictionary. A reset of the other member's password would break the logins above.
    "forgot_password": {"body.email": _use_dictionary("reset emails", 1.0)},
    "reset_password": {
        "body.email": _use_dictionary("reset emails", 1.0),
        "body.code": _use_dictionary("reset codes"),
    },
}


# A 5xx is a failure. So are 403, 405, 409 and 429, which only valid requests may get.
_STATUSES_OF_INVALID_REQUESTS = ["400", "401", "404", "413", "415", "422"]
# The response to a value beyond its documented bound is that to an unknown value, which is a success here.
_SUCCESS_OF_INVALID_REQUESTS = {"resend": "202", "logout": "204"}


def build_settings(url: str, members: Members) -> dict[str, Any]:
    """Return the content of a configuration file of schemathesis.

    The environment variable SEED sets the seed, to repeat a run.

    Args:
        url: the URL of the API.
        members: the members whose data the dictionaries contain.
    """
    return {
        "base-url": url,
        "seed": int(os.environ.get("SEED", secrets.randbits(64))),  # Parallel tests share the default seed.
        "max-failures": 5,  # Schemathesis shrinks each failure, which takes time.
        "generation": {"max-examples": MAX_EXAMPLES, "database": "none"},
        "phases": {"stateful": {"generation": {"max-examples": MAX_WALKS}, "max-steps": MAX_WALK_STEPS}},
        # The code sample of a finding needs the secrets. They belong to test accounts.
        "output": {"sanitization": {"enabled": False}},
        "checks": {
            # Most codes, cursors, ids and passwords have a valid form but a wrong value. tests/fuzz/checks.py checks
            # that the form is not the reason for a refusal.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422"]},
            "negative_data_rejection": {"expected-statuses": _STATUSES_OF_INVALID_REQUESTS},
            "max_response_time": _GATEWAY_TIMEOUT_SECONDS,
        },
        "dictionaries": {name: {"values": values} for name, values in _make_dictionaries(members).items()},
        "parameters": {"path.handle": _use_dictionary("handles")},
        "operations": [
            {
                "include-operation-id": operation,
                "parameters": _PARAMETERS.get(operation, {}),
                "checks": {"negative_data_rejection": {"expected-statuses": _list_refusals(operation)}},
            }
            for operation in sorted({*_PARAMETERS, *_SUCCESS_OF_INVALID_REQUESTS})
        ],
    }


def _list_refusals(operation: str) -> list[str]:
    """Return the statuses that an operation may answer to an invalid request."""
    success = _SUCCESS_OF_INVALID_REQUESTS.get(operation)
    return [*_STATUSES_OF_INVALID_REQUESTS, *([success] if success else [])]


def _make_dictionaries(members: Members) -> dict[str, list[str]]:
    """Return the valid values by the name of their dictionary."""
    return {
        "confirmation codes": [CONFIRMATION_CODE],
        "emails": [members.email],
        "ends of suspensions": ["2999-12-31T23:59:59Z"],
        "reset emails": [members.reset_email, "nobody@example.org"],
        "handles": [members.handle, members.other_handle],
        "passwords": [PASSWORD],
        "refresh tokens": [members.refresh_token],
        "registrations": members.registrations,
        "reported Dwipps": [members.reported_dwipp_id],
        "reported handles": [members.reported_handle, "nobody_here"],
        "suspended handles": [members.reported_handle],
        "reset codes": [RESET_CODE],
    }
