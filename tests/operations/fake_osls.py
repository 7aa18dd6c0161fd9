"""A program in place of osls, which records its last call."""

import json
from pathlib import Path
from typing import Any

# Writes its arguments and its environment as JSON.
_PROGRAM = """\
#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path({record!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
sys.exit({code})
"""


class FakeOsls:
    """A program that records its arguments and its environment in place of osls.

    Attributes:
        program: the file of the program.
    """

    def __init__(self, folder: Path) -> None:
        self.program = folder / "osls"
        self._record = folder / "osls.json"
        self.fail(0)

    def fail(self, code: int) -> None:
        """Let the program end with this exit code."""
        self.program.write_text(_PROGRAM.format(record=str(self._record), code=code))
        self.program.chmod(0o755)

    @property
    def was_called(self) -> bool:
        return self._record.exists()

    def read_arguments(self) -> list[str]:
        """Return the arguments of the last call. Raises FileNotFoundError if there was none."""
        return [*self._read()[0]]

    def read_environment(self) -> dict[str, str]:
        """Return the environment of the last call. Raises FileNotFoundError if there was none."""
        return dict(self._read()[1])

    def read_parameters(self) -> dict[str, str]:
        """Return the parameters in the arguments of the last call. Raises FileNotFoundError if there was none."""
        options = [each for each in self.read_arguments() if each.startswith("--param=")]
        return dict(option.removeprefix("--param=").partition("=")[::2] for option in options)

    def _read(self) -> Any:
        return json.loads(self._record.read_text())
