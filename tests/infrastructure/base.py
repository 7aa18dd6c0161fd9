"""Stand-ins for the base images: Debian's Python, and AWS's runtime client at the path of Lambda's image."""

import re
from pathlib import Path

from devstack.paths import ROOT
from tests.infrastructure.buildah import Buildah

_SERVER = """\
FROM scratch
ADD {archive} /
"""

# AWS's image contains boto3 and botocore in other versions than the lock file. Here they cannot be imported, so the app
# must use the packages of the lock file.
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


def build_server_base(buildah: Buildah, folder: Path, name: str, archive: Path) -> None:
    """Build the base of the server's image from an archive of a Debian system."""
    (folder / "Dockerfile.server").write_text(_SERVER.format(archive=archive.name))
    buildah.build(archive.parent, name, file=folder / "Dockerfile.server")


def build_function_base(buildah: Buildah, folder: Path, name: str, server: str) -> None:
    """Build the base of the function's image on top of the server's base."""
    (folder / "Dockerfile.function").write_text(_FUNCTION.format(server=server))
    (folder / "lock.txt").write_text(_select_runtime_client_lock())
    entry_point = folder / "lambda-entrypoint.sh"
    entry_point.write_text(_ENTRY_POINT)
    entry_point.chmod(0o755)
    buildah.build(folder, name, file=folder / "Dockerfile.function")


def find_base_image(stage: str) -> str:
    """Return the name, with tag and digest, of the image that a stage of the Dockerfile is."""
    (name,) = re.findall(rf"^FROM (\S+) AS {stage}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return str(name)


def _select_runtime_client_lock() -> str:
    """Return the lock entries of the packages that AWS's image provides: those of `function.txt` only."""
    runtime = set(_parse_lock("runtime"))
    return "\n".join(entry for name, entry in _parse_lock("function").items() if name not in runtime)


def _parse_lock(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return {entry.partition("==")[0]: entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry}
