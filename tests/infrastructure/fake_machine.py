"""A machine of a pipeline, on which fakes of `aws`, `docker` and `make` record their calls."""

import os
import subprocess
import sys
from pathlib import Path

from devstack.paths import ROOT

# A fake command records its call. Its response is the first line of `responses` whose pattern is part of the call.
_FAKE_COMMAND = """\
#!/bin/bash
echo "$(basename "$0") $*" >> "$RECORDS/calls"
echo "$RELEASE" > "$RECORDS/release"
while IFS='|' read -r pattern code output; do
  if [[ "$*" == *"$pattern"* ]]; then
    if ((code)); then echo "$output" >&2; else echo "$output"; fi
    exit "$code"
  fi
done < "$RECORDS/responses"
"""


class FakeMachine:
    """A machine with fakes of `aws`, `docker`, `make` and `sleep`. ECR has scanned each image and found nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._responses = [
            "get-caller-identity|0|123456789012",
            "imageScanStatus|0|COMPLETE",
            "imageScanFindings|0|",
            "describe-alarms|0|",
            "get-function --function-name|254|An error occurred (ResourceNotFoundException)",
        ]
        for name in ("aws", "docker", "make", "sleep"):
            (folder / name).write_text(_FAKE_COMMAND)
            (folder / name).chmod(0o755)

    def set_response(self, pattern: str, output: str, code: int = 0) -> None:
        """Set the output and the exit code of the calls that contain a pattern."""
        self._responses.insert(0, f"{pattern}|{code}|{output}")

    def set_digest_after_push(self, digest: str) -> None:
        """Let `describe-images` return a digest after the first `docker push`."""
        line = f'sed -i "1i describe-images|0|{digest}" "$RECORDS/responses"'
        script = _FAKE_COMMAND.replace("while", f'[[ "$1" == push ]] && {line}\nwhile', 1)
        (self._folder / "docker").write_text(script)

    def set_response_after_sleep(self, pattern: str, output: str) -> None:
        """Set the output of the calls that contain a pattern, after the first `sleep`."""
        line = f'sed -i "1i {pattern}|0|{output}" "$RECORDS/responses"'
        (self._folder / "sleep").write_text(f"#!/bin/bash\n{line}\n")

    def run(self, script: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the folder `deploy` as a pipeline does."""
        (self._folder / "responses").write_text("\n".join(self._responses) + "\n")
        environ = {
            "PATH": os.pathsep.join([str(self._folder), str(Path(sys.executable).parent), os.defpath]),
            "RECORDS": str(self._folder),
            "AWS_REGION": "eu-central-1",
            **variables,
        }
        command = ["bash", str(ROOT / "deploy" / script), *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    def read_release(self) -> str:
        """Return the value of RELEASE in the environment of the last call."""
        return (self._folder / "release").read_text().strip()

    @property
    def calls(self) -> list[str]:
        """Return the calls of the fakes, in order."""
        records = self._folder / "calls"
        return records.read_text().splitlines() if records.exists() else []
