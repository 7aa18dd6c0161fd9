"""The messages for the developer. Mail stands out at a terminal, and is plain text in any other stream."""

import io

from devstack.console import emphasize, format_api_message
from devstack.options import Options


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


def test_message_of_the_start_has_both_logins() -> None:
    message = format_api_message(Options.from_environment({}))
    assert "Demo login   demo@example.org / shower-thoughts\n" in message
    assert "Moderator    moderator@example.org / shower-thoughts" in message
