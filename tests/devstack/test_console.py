"""What stands out at a terminal is plain text to a program."""

import io

from devstack.console import emphasized


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_a_mail_stands_out_at_a_terminal_alone() -> None:
    assert emphasized("mail to kay@example.org: 123456", io.StringIO()) == "mail to kay@example.org: 123456"
    shown = emphasized("mail to kay@example.org: 123456", Terminal())
    assert "mail to kay@example.org: 123456" in shown
    assert shown.startswith("\033[")
    assert shown.endswith("\033[0m")
