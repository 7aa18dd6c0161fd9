"""The repository holds no secrets, each accepted vulnerability has a reason, and names of tests are short."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from devstack.paths import ROOT

# Public values that the scanner takes for secrets, such as the passwords of the tests and the keys of the local AWS.
_PUBLIC_VALUES = frozenset(
    {
        "01890a5dac96774bbcceb302099a8057",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "a rubber duck knows",
        "POST /v1/auth/password/forgot",
        "a generated password",
        "a paper boat floats",
        "another password",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:placeholder",
        "dwipper-${Stage}-*",
        "arn",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/members",
        "a short visit here",
        "correct horse",
        "correct horse \\ud83e battery",
        "correct horse battery",
        "correct horse battery staple",
        "false",
        "qwertz",
        "shower-thoughts",
        "test",
        "the arn",
    }
)
# The scanner takes the actions of Secrets Manager for secrets.
_IAM_ACTION = re.compile(r"(?:[A-Z][a-z]+)+")
# Generated files, in which the scanner takes hashes and names such as `wrong-password` for secrets.
_GENERATED_FILES = ("requirements/dev.txt", "requirements/local.txt", "requirements/runtime.txt", "openapi.json")


def _find_secrets(path: Path) -> list[str]:
    secrets = SecretsCollection(root=str(path.parent))
    with default_settings():
        secrets.scan_file(path.name)
    return [secret.secret_value or "" for _, secret in secrets]


def _list_committed_files() -> list[str]:
    git = shutil.which("git") or "git"
    result = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in result.stdout.split("\0") if (ROOT / name).is_file() and name not in _GENERATED_FILES]


@pytest.mark.slow
def test_committed_files_hold_no_secrets() -> None:
    found = {name: set(_find_secrets(ROOT / name)) - _PUBLIC_VALUES for name in _list_committed_files()}
    secrets = {name: {value for value in values if not _IAM_ACTION.fullmatch(value)} for name, values in found.items()}
    assert {name: values for name, values in secrets.items() if values} == {}


@pytest.mark.parametrize(
    "line",
    [
        'aws_access_key_id = "AKIA' + 'Q3EGRGXMPLDUMMY7"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'token = "ghp_' + 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"',
        'password = "' + 'kT9-vXq2_mB4"',
    ],
    ids=["AWS access key", "private key", "GitHub token", "password"],
)
def test_secret_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f"{line}\n")
    assert _find_secrets(tmp_path / "settings.py")


def test_accepted_findings_name_a_runtime_package_and_a_reason() -> None:
    lines = (ROOT / "requirements" / "accepted-findings.txt").read_text().splitlines()
    runtime_packages = set(
        re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    )
    for line in (line for line in lines if not line.startswith("#")):
        finding, package, reason = line.split(maxsplit=2)
        assert re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", finding)
        assert package in runtime_packages
        assert len(reason.split()) > 5


def test_test_names_have_at_most_70_characters() -> None:
    names = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }
    assert len(names) > 900
    assert [name for name in sorted(names) if len(name) > 70] == []
