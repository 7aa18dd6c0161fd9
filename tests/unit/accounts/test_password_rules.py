"""New passwords are compared with common ones and with the email, and the list is read only for that."""

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from app.accounts import password_rules
from app.accounts.password_rules import (
    MIN_PASSWORD_LENGTH,
    is_accepted_by_cognito,
    is_email_or_local_part,
    is_weak,
    normalize_password,
)
from devstack import function_package

# Print how often the list was read after the imports, after a login, and after each of two new passwords.
COUNT_READS = """
import sys

reads = 0

def count(event, args):
    global reads
    reads += event == "open" and "common_passwords" in str(args[0])

sys.addaudithook(count)
import app.main
from app.accounts.schemas import LoginRequest, RegisterRequest, ResetRequest

print(reads)
LoginRequest(email="kay@example.org", password="a rubber duck knows")
print(reads)
RegisterRequest(email="kay@example.org", password="a rubber duck knows")
print(reads)
ResetRequest(email="kay@example.org", code="1", new_password="a paper boat floats")
print(reads)
"""

COMMON = sorted(password_rules._common_passwords())


class TestCommonPasswords:
    def test_list_has_10000_normalized_passwords_of_the_required_length(self) -> None:
        assert len(COMMON) == 10_000
        for password in COMMON:
            assert len(password) >= MIN_PASSWORD_LENGTH
            assert is_accepted_by_cognito(password)
            assert password == unicodedata.normalize("NFKC", password).casefold()

    def test_list_names_its_source_and_licence(self) -> None:
        header = password_rules._COMMON_PASSWORDS.read_text("utf-8").partition("\n\n")[0]
        assert all(line.startswith("#") for line in header.splitlines())
        for word in (
            "10_million_password_list_top_1M.txt",
            "https://github.com/danielmiessler/SecLists",
            "MIT License",
        ):
            assert word in header
        assert "Permission is hereby granted, free of charge" in header.replace("\n# ", " ")
        assert 'THE SOFTWARE IS PROVIDED "AS IS"' in header.replace("\n# ", " ")

    @pytest.mark.parametrize("password", ["1234567890", "qwertyuiop", "QWERTYUIOP", "QwErTyUiOp", COMMON[5000]])
    def test_common_password_is_weak_in_any_case(self, password: str) -> None:
        assert is_weak(password)
        assert not is_weak(f"{password} of a duck")

    def test_package_of_the_function_has_the_list(self, tmp_path: Path) -> None:
        function_package.build(tmp_path / "package")
        package = tmp_path / "package" / "app" / "accounts" / password_rules._COMMON_PASSWORDS.name
        assert package.read_bytes() == password_rules._COMMON_PASSWORDS.read_bytes()

    def test_list_is_read_once_and_only_for_a_new_password(self) -> None:
        # A process of its own shows what an import reads.
        process = subprocess.run([sys.executable, "-c", COUNT_READS], capture_output=True, text=True, check=True)
        assert process.stdout.split() == ["0", "0", "1", "1"]


class TestEmails:
    @pytest.mark.parametrize("password", ["kay.lee@example.org", "KAY.Lee@example.ORG", "kay.lee", "Kay.Lee"])
    def test_email_and_its_local_part_are_recognized(self, password: str) -> None:
        assert is_email_or_local_part(password, "kay.lee@example.org")

    @pytest.mark.parametrize("password", ["kay.lee@example.com", "kay", "example.org", "", "kay.lee@"])
    def test_other_password_is_not_the_email(self, password: str) -> None:
        assert not is_email_or_local_part(password, "kay.lee@example.org")


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("u\u0308ber den Wolken", "\xfcber den Wolken"),
        ("\xfcber den Wolken", "\xfcber den Wolken"),
        ("\uff11\uff12\uff13", "123"),
        ("\ufb01nally", "finally"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("a\xa0b", "a b"),
    ],
    ids=ascii,
)
def test_spellings_of_different_keyboards_are_equal(typed: str, normalized: str) -> None:
    assert normalize_password(typed) == normalized
    assert normalize_password(normalized) == normalized


@pytest.mark.parametrize("password", ["xx", "x" * 256, "a b", "a\tb", "\xe9\xe9"], ids=lambda text: ascii(text)[:12])
def test_form_of_cognito_is_accepted(password: str) -> None:
    assert is_accepted_by_cognito(password)


@pytest.mark.parametrize(
    "password",
    ["", "x", "x" * 257, " ab", "ab ", "a\nb", "a\rb", "a\x85b", "a\u2028b", "a\u2029b"],
    ids=lambda text: ascii(text)[:12],
)
def test_other_form_is_not_accepted_by_cognito(password: str) -> None:
    assert not is_accepted_by_cognito(password)


def test_long_password_is_not_normalized() -> None:
    """Normalization takes a time that grows with the square of the length. In NFKC the password is too long as well."""
    longest = "\u1100\u1161\u11a8\u0301" * 256
    assert len(normalize_password(longest)) <= len(longest)
    too_long = "\u0315" * 20_000 + "\u0316" * 20_000
    assert normalize_password(too_long) is too_long
