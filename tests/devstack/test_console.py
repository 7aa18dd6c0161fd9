"""The messages for the developer. Mail stands out at a terminal, and is plain text in any other stream."""

import io
from datetime import datetime

from devstack.console import emphasize, format_api_message, format_killed_message
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


def test_message_after_a_kill_has_the_time_of_the_last_save() -> None:
    saved_at = datetime(2026, 11, 26, 22, 41, 7).astimezone()
    assert format_killed_message(saved_at.timestamp()).endswith("at 22:41:07 on 2026-11-26. Later changes are lost.")
