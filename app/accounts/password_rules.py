"""The rules for passwords: their normalization, and which new ones are too weak.

NIST SP 800-63B, section 5.1.1.2: a length, no composition rules, normalization, and a comparison with common passwords
and with the context of the account. The length is `MIN_PASSWORD_LENGTH` to `MAX_PASSWORD_LENGTH` after normalization.
"""

import unicodedata
from functools import cache
from pathlib import Path

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256
# A character composes from at most four (https://www.unicode.org/faq/normalization.html#12).
_MAX_RAW_LENGTH = 4 * MAX_PASSWORD_LENGTH
_LINE_ENDS = frozenset("\n\r\u0085\u2028\u2029")
_COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")


def normalize_password(password: str) -> str:
    """Return the password in NFKC, so that keyboards that compose characters differently type the same password.

    A longer password than `_MAX_RAW_LENGTH` is returned unchanged. In NFKC it is too long as well, and to normalize it
    would take a time that grows with the square of its length.
    """
    return unicodedata.normalize("NFKC", password) if len(password) <= _MAX_RAW_LENGTH else password


def is_accepted_by_cognito(password: str) -> bool:
    r"""Return True if the password has the form that Cognito requires of every password.

    Cognito's pattern is `[\S]+.*[\S]+`:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
    """
    has_length = 2 <= len(password) <= MAX_PASSWORD_LENGTH
    return has_length and password == password.strip() and _LINE_ENDS.isdisjoint(password)


def is_weak(password: str) -> bool:
    """Return True if a new password breaks a rule that is independent of the account."""
    if len(password) < MIN_PASSWORD_LENGTH or not is_accepted_by_cognito(password):
        return True
    return password.casefold() in _common_passwords()


def is_email_or_local_part(password: str, email: str) -> bool:
    """Return True if the password is the email or its local part, in any case."""
    return password.casefold() in (email.casefold(), email.partition("@")[0].casefold())


@cache
def _common_passwords() -> frozenset[str]:
    """Read the list of common passwords when a password is set for the first time, not at a cold start."""
    _, _, passwords = _COMMON_PASSWORDS.read_text("utf-8").partition("\n\n")
    return frozenset(passwords.splitlines())
