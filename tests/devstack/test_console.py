"""Mail stands out at a terminal, and is plain text in any other stream."""

import io

from devstack.console import emphasize


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_only_a_terminal_gets_emphasized_text() -> None:
    assert emphasize("mail to kay@example.org: 123456", io.StringIO()) == "mail to kay@example.org: 123456"
    emphasized = emphasize("mail to kay@example.org: 123456", Terminal())
    assert "mail to kay@example.org: 123456" in emphasized
    assert emphasized.startswith("\033[")
    assert emphasized.endswith("\033[0m")
