"""The Lambda functions that are compared, and the environment in which each of them runs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import function_folders
from devstack.lambda_function import DEFAULT_HANDLER


@dataclass(frozen=True, slots=True)
class Function:
    """A compared Lambda function.

    Attributes:
        name: the name in tables and plots.
        folder: the folder with all packages that the function imports, except the runtime client.
        handler: the dotted name of the handler.
    """

    name: str
    folder: Path
    handler: str

    def make_environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the function's process, including these variables."""
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # An image is read-only.
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            **variables,
        }


def build_dwipper() -> Function:
    """Build Dwipper's function."""
    return Function("Dwipper", function_folders.build_dwipper(), DEFAULT_HANDLER)


def build_reference(name: str) -> Function:
    """Build one of the functions in the folder `functions`."""
    return Function(name, function_folders.build_reference(name), "main.handler")
