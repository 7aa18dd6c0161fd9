"""The inputs of a build that come from this machine: tools, a Debian mirror, and pip's access to packages.

This module names no host: the mirror is the one in apt's configuration, and the packages come from pip's index.
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
# The options of pip that determine where packages are and how to reach them. The developer's other options are ignored.
_ACCESS_OPTIONS = {
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
    """Check that this machine can build images.

    Raises:
        AssertionError: if it cannot, with instructions.
    """
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    assert not missing, f"Building images requires {' and '.join(missing)}: apt-get install {' '.join(missing)}"
    assert os.geteuid() == 0, "Building images requires chroot, which only root may call: run these tests as root."
    assert platform.freedesktop_os_release()["ID"] == "debian", "Building images requires Debian and its mirror in apt."


def find_mirror(apt: Path = _APT) -> str:
    """Return the URL of the first Debian mirror in apt's configuration.

    Raises:
        AssertionError: if there is none.
    """
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    stanzas = "\n\n".join(file.read_text() for file in sorted((apt / "sources.list.d").glob("*.sources")))
    uris = [uri for stanza in re.split(r"\n\s*\n", stanzas) for uri in _parse_uris(stanza)]
    for file in lists:
        if file.exists():
            uris += re.findall(r"^deb\s+(?:\[.*?\]\s*)?(\S+)", file.read_text(), re.MULTILINE)
    assert uris, f"{apt} names no mirror of Debian, which the base image is built from."
    return uris[0]


def _parse_uris(stanza: str) -> list[str]:
    """Return the URIs of a deb822 stanza if it is enabled and has packages.

    https://manpages.debian.org/sources.list.5
    """
    fields = {name.lower(): value for name, value in re.findall(r"^([\w-]+):(.*)$", stanza, re.MULTILINE)}
    is_used = "deb" in fields.get("types", "").split() and fields.get("enabled", "").strip() != "no"
    return fields.get("uris", "").split() if is_used else []


@dataclass(frozen=True, slots=True)
class PipConfiguration:
    """The part of pip's configuration that a build needs: its text, and the files that the text names."""

    text: str
    files: tuple[Path, ...]

    @classmethod
    def from_this_machine(cls) -> "PipConfiguration":
        """Return the configuration that pip reads from its files and from the environment."""
        listed = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
        )
        return cls.from_settings(dict(line.split("=", 1) for line in listed.stdout.splitlines()))

    @classmethod
    def from_settings(cls, settings: dict[str, str]) -> "PipConfiguration":
        """Select the access options from the settings that pip lists, such as `:env:.cert='/a/path'`."""
        parser = configparser.RawConfigParser()
        files = [_CERTIFICATES]
        for key, quoted in settings.items():
            section, _, name = key.rpartition(".")
            if name in _ACCESS_OPTIONS:
                section, value = section.strip(":").replace("env", "global"), str(ast.literal_eval(quoted))
                parser.read_dict({section: {name: value}})
                files += [Path(word) for word in value.split() if Path(word).is_absolute() and Path(word).exists()]
        text = io.StringIO()
        parser.write(text)
        return cls(text.getvalue(), tuple(dict.fromkeys(files)))

    def write_mounts(self, folder: Path) -> list[str]:
        """Write the configuration to a folder. Return the mounts with which a build uses it, in buildah's notation."""
        configuration = folder / "pip.conf"
        configuration.write_text(self.text)
        return [f"{configuration}:/etc/pip.conf:ro", *(f"{file}:{file}:ro" for file in self.files)]
