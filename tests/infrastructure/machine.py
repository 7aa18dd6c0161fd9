"""What this machine lends to a build: its tools, its mirror of Debian, and its way to Python packages.

No host is named here: the mirror is the one that apt uses, and packages come from where pip gets them.
"""

import ast
import configparser
import io
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_TOOLS = ("buildah", "debootstrap")
_APT = Path("/etc/apt")
_CERTIFICATES = Path("/etc/ssl/certs")
# Where pip gets packages and how it gets there; nothing else that a developer may want of it.
_WAYS = {
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
}


def require_tools() -> None:
    """Fail, and say what to do, where images cannot be built."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    assert not missing, f"Images are built with {' and '.join(missing)}: apt-get install {' '.join(missing)}"
    assert os.geteuid() == 0, "Images are built in a chroot, which only root may make: run these tests as root."
    assert platform.freedesktop_os_release()["ID"] == "debian", "Images are built on Debian, whose mirror apt knows."


def mirror(apt: Path = _APT) -> str:
    """The mirror of Debian that apt uses."""
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    stanzas = "\n\n".join(file.read_text() for file in sorted((apt / "sources.list.d").glob("*.sources")))
    uris = [uri for stanza in re.split(r"\n\s*\n", stanzas) for uri in _uris(stanza)]
    for file in lists:
        if file.exists():
            uris += re.findall(r"^deb\s+(?:\[.*?\]\s*)?(\S+)", file.read_text(), re.MULTILINE)
    assert uris, f"{apt} names no mirror of Debian, of whose packages the base image is made."
    return uris[0]


def _uris(stanza: str) -> list[str]:
    """See https://manpages.debian.org/sources.list.5."""
    fields = {name.lower(): value for name, value in re.findall(r"^([\w-]+):(.*)$", stanza, re.MULTILINE)}
    is_used = "deb" in fields.get("types", "").split() and fields.get("enabled", "").strip() != "no"
    return fields.get("uris", "").split() if is_used else []


@dataclass(frozen=True, slots=True)
class Pip:
    """How pip gets packages on this machine."""

    configuration: str
    files: tuple[Path, ...]

    @classmethod
    def of_this_machine(cls) -> "Pip":
        """Ask pip for what files, variables and options tell it."""
        listed = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
        )
        return cls.of(dict(line.split("=", 1) for line in listed.stdout.splitlines()))

    @classmethod
    def of(cls, settings: dict[str, str]) -> "Pip":
        """Take what matters from settings as pip lists them, such as `:env:.cert='/a/path'`."""
        parser = configparser.RawConfigParser()
        files = [_CERTIFICATES]
        for key, quoted in settings.items():
            section, _, name = key.rpartition(".")
            if name in _WAYS:
                section, value = section.strip(":").replace("env", "global"), str(ast.literal_eval(quoted))
                parser.read_dict({section: {name: value}})
                files += [Path(word) for word in value.split() if Path(word).is_absolute() and Path(word).exists()]
        text = io.StringIO()
        parser.write(text)
        return cls(text.getvalue(), tuple(dict.fromkeys(files)))

    def mounts(self, folder: Path) -> list[str]:
        """What to mount into a build for it, as buildah writes that; the folder takes a file."""
        configuration = folder / "pip.conf"
        configuration.write_text(self.configuration)
        return [f"{configuration}:/etc/pip.conf:ro", *(f"{file}:{file}:ro" for file in self.files)]
