"""Stand-ins for the images that ours are based on: Debian's Python, and AWS's runtime client where Lambda's has it."""

import re
from pathlib import Path

from devstack.api import ROOT
from tests.infrastructure.buildah import Buildah

_SERVER = """\
FROM scratch
ADD {archive} /
"""

# AWS's image has a boto3 too, which is not the one that we lock; here, none that can be imported.
_FUNCTION = """\
FROM {server}
COPY lock.txt /tmp/
RUN python3 -m pip install --quiet --no-cache-dir --no-deps --require-hashes --target /var/runtime -r /tmp/lock.txt \\
 && for package in boto3 botocore; do echo 'raise ImportError("not ours")' > /var/runtime/$package.py; done
COPY lambda-entrypoint.sh /
ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime PYTHONPATH=/var/runtime
WORKDIR /var/task
ENTRYPOINT ["/lambda-entrypoint.sh"]
"""

_ENTRY_POINT = """\
#!/bin/sh
if [ $# -ne 1 ]; then
  echo "entrypoint requires the handler name to be the first argument" >&2
  exit 142
fi
export _HANDLER="$1"
exec python3 -m awslambdaric "$_HANDLER"
"""


def build_server(buildah: Buildah, folder: Path, name: str, archive: Path) -> None:
    """Make the base of the server's image."""
    (folder / "Dockerfile.server").write_text(_SERVER.format(archive=archive.name))
    buildah.build(archive.parent, name, file=folder / "Dockerfile.server")


def build_function(buildah: Buildah, folder: Path, name: str, server: str) -> None:
    """Make the base of the function's image, of the other."""
    (folder / "Dockerfile.function").write_text(_FUNCTION.format(server=server))
    (folder / "lock.txt").write_text(_locked_for_aws())
    entry_point = folder / "lambda-entrypoint.sh"
    entry_point.write_text(_ENTRY_POINT)
    entry_point.chmod(0o755)
    buildah.build(folder, name, file=folder / "Dockerfile.function")


def _locked_for_aws() -> str:
    """What the function's lock has beyond ours: AWS's part of the image."""
    ours = set(_entries("runtime"))
    return "\n".join(entry for name, entry in _entries("function").items() if name not in ours)


def _entries(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return {entry.partition("==")[0]: entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry}
