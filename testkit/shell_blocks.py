"""The blocks of shell code in Markdown pages."""

import re
from pathlib import Path
from typing import NamedTuple

from devstack.paths import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
MODERATION = ROOT / "docs" / "moderation.md"


class ShellBlock(NamedTuple):
    """A block of shell code.

    Attributes:
        line_before: the line before the block, which can be a marker.
        code: the lines of the block.
    """

    line_before: str
    code: str


def find_shell_blocks(page: Path) -> list[ShellBlock]:
    """Return the blocks of shell code of a page."""
    blocks = re.findall(r"([^\n]*)\n```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [ShellBlock(*block) for block in blocks]
