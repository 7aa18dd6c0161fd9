"""The deployment commands in comments and docs, and what they lack.

A command is a line of a shell block, an indented line of a comment, the text after `Usage:`, or inline code. Inline
code without arguments, such as `make deploy` or `aws cloudformation deploy`, is only a name: a target must exist.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devstack.paths import ROOT
from testkit.templates import load_template

FILES = sorted(
    file
    for pattern in (
        *("*.md", "*.yml", "Dockerfile", "Makefile", ".github/**/*.md", ".github/**/*.yml"),
        *("deploy/*", "docs/**/*.md", "*/README.md", "scripts/*.py"),
    )
    for file in ROOT.glob(pattern)
    if file.is_file()
)
# The variables that each target of the Makefile requires. One of the names that `|` joins is enough.
REQUIRED_VARIABLES = {
    "deploy": ("STAGE", "IMAGE", "AWS_REGION"),
    "moderator": ("EMAIL",),
    "outputs": ("STAGE", "AWS_REGION"),
    "remove": ("STAGE", "AWS_REGION"),
    "restore": ("STAGE", "AWS_REGION", "TIME"),
    "smoke": ("URL", "EMAIL|USER_POOL_ID"),
    "template": ("STAGE",),
}
# The folder of the templates that `make template` writes.
_BUILT = "dist/"
# The number of arguments of each script, by its first argument if the script has subcommands.
_ARGUMENTS: dict[str, int | dict[str, int]] = {
    "check-findings.sh": 1,
    "check-image.sh": 1,
    "image.sh": 2,
    "probe.sh": 0,
    "stage.sh": {"live": 2, "deploy": 3, "smoke": 2},
}
_SCRIPTS_WITHOUT_REGION = {"check-image.sh"}
_SHELL_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_COMMENT = re.compile(r"(?:^[ \t]*(?:#|//).*\n)+", re.MULTILINE)
_COMMENT_PREFIX = re.compile(r"^[ \t]*(?:#|//) ?", re.MULTILINE)
_SCRIPT_NAME = re.compile(r"deploy/[\w-]+\.sh")
_DEPLOYMENT = re.compile(r"make [a-z]|aws cloudformation deploy\b|(?:bash )?deploy/[\w-]+\.sh\b")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
_NAME_OF_IAM_RESOURCE = {"GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"}


@dataclass(frozen=True, slots=True)
class Command:
    """A documented command.

    Attributes:
        words: the program and its arguments.
        variables: the names of the environment variables that the command or an earlier line of its block sets.
    """

    words: Sequence[str]
    variables: frozenset[str]

    def find_faults(self) -> list[str]:
        """Return what is wrong with the command: unknown names, and missing arguments."""
        words = [word for word in self.words if word != "bash"]
        if words[0] == "make":
            return list(_find_make_faults(words[1], self._collect_variables(words[2:])))
        if words == ["aws", "cloudformation", "deploy"]:
            return []  # only a name
        if words[0] == "aws":
            return list(_find_stack_faults(words, self.variables))
        return list(_find_script_faults(words[0], words[1:], self.variables))

    def _collect_variables(self, arguments: Sequence[str]) -> dict[str, str]:
        set_before = dict.fromkeys(self.variables, "")
        return set_before | dict(argument.strip("[]").partition("=")[::2] for argument in arguments)


def find_commands(text: str) -> Iterator[Command]:
    """Yield the deployment commands in the comments or the docs of a file."""
    for block in _find_blocks(text):
        exported: set[str] = set()
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            for part in re.split(r"\s*(?:&&|;|   |\s#\s)\s*", line.strip()):
                exported |= set(re.findall(r"^export (\w+)=", part))
                called = re.sub(r"^\w+=\$\((.*)\)$", r"\1", part)
                variables = re.match(r"(?:[A-Z_]+=\S* )*", called)
                prefix = variables.group() if variables else ""
                if _DEPLOYMENT.match(called, len(prefix)):
                    names = frozenset(exported | set(re.findall(r"(\w+)=", prefix)))
                    yield Command(shlex.split(called[len(prefix) :]), names)


def _find_blocks(text: str) -> Iterator[str]:
    yield from _SHELL_BLOCK.findall(text)
    outside = _SHELL_BLOCK.sub("", text)
    for comment in _COMMENT.findall(outside):
        yield "\n".join(line for line in _COMMENT_PREFIX.sub("", comment).splitlines() if line.startswith("  "))
    yield from re.findall(r'Usage: (make [^"]+)"', outside)
    yield from (code for code in re.findall(r"`([^`\n]+)`", outside) if not _SCRIPT_NAME.fullmatch(code))


def _find_make_faults(target: str, variables: dict[str, str]) -> Iterator[str]:
    makefile = (ROOT / "Makefile").read_text()
    if not re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE):
        yield f"make {target}: no such target"
    if not variables:
        return
    required = list(REQUIRED_VARIABLES.get(target, ()))
    if "STAGE" in variables and target != "template":
        required.append("AWS_REGION")
    for names in dict.fromkeys(required):
        if not variables.keys() & set(names.split("|")):
            yield f"make {target}: no {names}"


def _find_stack_faults(words: Sequence[str], variables: frozenset[str]) -> Iterator[str]:
    options = _parse_options(words[3:])
    if not options.get("--stack-name"):
        yield "no --stack-name"
    if "AWS_REGION" not in variables and not options.get("--region"):
        yield "no region"
    file = next(iter(options.get("--template-file", [])), "")
    if file.startswith(_BUILT):
        return
    if not file or not (ROOT / file).is_file():
        yield f"no template {file}"
        return
    template = load_template(ROOT / file)
    parameters = template.get("Parameters", {})
    given = {override.partition("=")[0] for override in options.get("--parameter-overrides", [])}
    yield from (f"{file}: unknown parameter {name}" for name in sorted(given - parameters.keys()))
    required = {name for name, parameter in parameters.items() if "Default" not in parameter}
    yield from (f"{file}: no {name}" for name in sorted(required - given))
    capabilities = options.get("--capabilities", [])
    if capabilities != _find_capabilities(template):
        yield f"{file}: --capabilities {' '.join(capabilities)}"


def _find_capabilities(template: dict[str, Any]) -> list[str]:
    """Return the capability that a template requires: another one if it names a resource of IAM."""
    resources = [each for each in template["Resources"].values() if each["Type"].startswith("AWS::IAM::")]
    if any(_NAME_OF_IAM_RESOURCE & each.get("Properties", {}).keys() for each in resources):
        return ["CAPABILITY_NAMED_IAM"]
    return ["CAPABILITY_IAM"] if resources else []


def _parse_options(words: Sequence[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word, [])
        else:
            values.append(word)
    return options


def _find_script_faults(path: str, arguments: Sequence[str], variables: frozenset[str]) -> Iterator[str]:
    name = path.rpartition("/")[2]
    expected = _ARGUMENTS.get(name)
    if isinstance(expected, dict):
        expected = expected.get(arguments[0]) if arguments else None
    if expected is None or not (ROOT / path).is_file():
        yield f"{path}: no such script or subcommand"
    elif len(arguments) != expected:
        yield f"{path}: {len(arguments)} arguments instead of {expected}"
    if name not in _SCRIPTS_WITHOUT_REGION and "AWS_REGION" not in variables:
        yield f"{path}: no AWS_REGION"
