"""The functions that are compared: which there are, and in which environment each runs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import folders
from devstack.lambda_function import HANDLER


@dataclass(frozen=True, slots=True)
class Function:
    """One of the functions, in the folder that holds all it imports but Python itself and the runtime client."""

    name: str
    folder: Path
    handler: str

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What its process is told, beside what these variables say."""
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # Where an image lies, nobody may write.
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            **variables,
        }


def dwipper() -> Function:
    """Dwipper's."""
    return Function("Dwipper", folders.of_dwipper(), HANDLER)


def rival(name: str) -> Function:
    """One of those in the folder `functions`."""
    return Function(name, folders.of_rival(name), "main.handler")
