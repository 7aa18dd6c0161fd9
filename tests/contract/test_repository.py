"""What is in the repository can be trusted: no secret, and no weakness that nobody has looked at."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

_ROOT = Path(__file__).parents[2]

# What looks like a secret and is none: what tests and the local AWS call passwords and keys, all of them public.
_NO_SECRETS = frozenset(
    {
        "01890a5dac96774bbcceb302099a8057",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "a rubber duck knows",
        "POST /v1/auth/password/forgot",
        "a paper boat floats",
        "another password",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/members",
        "correct horse",
        "correct horse \\ud83e battery",
        "correct horse battery",
        "correct horse battery staple",
        "false",
        "qwertz",
        "shower-thoughts",
        "test",
    }
)
# Hashes all over; names of problems such as `wrong-password`. Both are written by programs, from what is looked at.
_WRITTEN = ("requirements/dev.txt", "requirements/runtime.txt", "openapi.json")


def _secrets(path: Path) -> list[str]:
    found = SecretsCollection(root=str(path.parent))
    with default_settings():
        found.scan_file(path.name)
    return [secret.secret_value or "" for _, secret in found]


def _committed() -> list[str]:
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=_ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if (_ROOT / name).is_file() and name not in _WRITTEN]


@pytest.mark.slow
def test_nothing_that_is_committed_holds_a_secret() -> None:
    found = {name: set(_secrets(_ROOT / name)) - _NO_SECRETS for name in _committed()}
    assert {name: values for name, values in found.items() if values} == {}


@pytest.mark.parametrize(
    "line",
    [
        'aws_access_key_id = "AKIA' + 'Q3EGRGXMPLDUMMY7"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'token = "ghp_' + 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"',
        'password = "' + 'kT9-vXq2_mB4"',
    ],
    ids=["AWS", "private key", "GitHub", "password"],
)
def test_a_secret_would_be_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f"{line}\n")
    assert _secrets(tmp_path / "settings.py")


def test_every_finding_that_is_accepted_is_of_something_that_is_carried_and_has_a_reason() -> None:
    lines = (_ROOT / "requirements" / "accepted-findings.txt").read_text().splitlines()
    carried = set(re.findall(r"^([\w.-]+)==", (_ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE))
    for line in (line for line in lines if not line.startswith("#")):
        finding, package, reason = line.split(maxsplit=2)
        assert re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", finding)
        assert package in carried
        assert len(reason.split()) > 5
