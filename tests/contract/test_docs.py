"""README and docs match the repository: links resolve, names exist, and RUN_BY names a file for each command."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app import settings
from devstack.paths import ROOT
from testkit.polling_loop import load_documented_loop, load_page_loop
from testkit.shell_blocks import MODERATION, TUTORIAL, find_shell_blocks

README = (ROOT / "README.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
ONLY_ON_AWS = "<!-- verified only on AWS -->"

# For each documented command, the file that runs it. The test does not read the file: the developer who adds the entry
# checks it. `Makefile` stands for commands that only developers run.
RUN_BY = {
    "make": "tests/devstack/test_makefile.py",
    "make attack": "tests/devstack/test_makefile.py",
    "make audit": ".github/workflows/audit.yml",
    "make aws": "tests/devstack/test_commands.py",
    "make bench": "tests/benchmarks/test_parts.py",
    "make check": ".ci/run",
    "make check-full": "Makefile",
    "make deploy-local": "tests/e2e/deployed/test_deploy_command.py",
    "make format": "Makefile",
    "make heartbeat": "tests/operations/test_heartbeat_member.py",
    "make install": ".github/workflows/stage.yml",
    "make lint": ".ci/run",
    "make lock": "tests/devstack/test_lock.py",
    "make moderator": "tests/devstack/test_moderators.py",
    "make openapi": ".ci/run",
    "make reset": "tests/devstack/test_commands.py",
    "make run": "tests/devstack/test_commands.py",
    "make sbom": ".github/workflows/release.yml",
    "make smoke": "tests/e2e/deployed/test_deploy_command.py",
    "make test": ".ci/run",
    "make test-e2e": ".ci/run",
    "make test-infra": ".ci/run",
    "make test-security": ".ci/run",
    "make test-slow": ".ci/run",
    "make undeploy-local": "tests/e2e/deployed/test_deploy_command.py",
    # These run against the embedded AWS. See "Verified only by a deployment to AWS" in docs/deployment.md.
    "make deploy": "tests/operations/test_deploy.py",
    "make outputs": "tests/operations/test_stack_outputs.py",
    "make remove": "tests/operations/test_remove.py",
    "make restore": "tests/operations/test_restore.py",
    "make template": "tests/infrastructure/test_plain_template.py",
}


def _get_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _find_anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_get_name)
def test_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(<?([^)>\s]+)>?\)", page.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{_get_name(page)} links to the missing file {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in _find_anchors(linked), f"{_get_name(page)} links to the missing heading {target}"


def test_every_documented_command_is_in_run_by_and_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for command in re.findall(r"(?:`|^)(make(?: [a-z][a-z-]*)?)\b(?=[ `\n]|$)", page.read_text(), re.MULTILINE):
            assert command in RUN_BY, f"{_get_name(page)} names `{command}`. Add to RUN_BY the file that runs it."
            assert (ROOT / RUN_BY[command]).exists(), f"RUN_BY names {RUN_BY[command]}, which does not exist"
            assert command == "make" or re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE), (
                f"{_get_name(page)} names `{command}`, which is no target of the Makefile"
            )


def test_shell_blocks_have_only_make_and_git_config() -> None:
    # Two kinds of blocks are exempt: those of two guides, which tests/devstack/test_tutorial.py runs, and those that
    # are marked as ONLY_ON_AWS.
    for page in PAGES:
        for line_before, code in find_shell_blocks(page):
            if page in (TUTORIAL, MODERATION) or line_before == ONLY_ON_AWS:
                continue
            for line in code.splitlines():
                assert re.match(r"make [a-z-]+|git config ", line), (
                    f"{_get_name(page)} has the untested command: {line}"
                )


def test_pytest_commands_name_existing_paths() -> None:
    for page in PAGES:
        for path in re.findall(r"-m pytest (?:-\S+ )*(tests/[\w/.]+)", page.read_text()):
            assert (ROOT / path).exists(), f"{_get_name(page)} names {path}, which does not exist"


def test_the_readme_opens_with_a_title_a_sentence_and_two_commands() -> None:
    title, sentence, commands, *_ = re.split(r"\n\n(?:```sh\n)?|```\n", README)
    assert title == "# Dwipper"
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert [line.split("#")[0].strip() for line in commands.splitlines()] == ["make run", "make test"]
    assert len(README.splitlines()) <= 130


def test_the_readme_names_every_setting() -> None:
    optional = (
        "FEED_CACHE_SECONDS",
        "FEED_SHARDS",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "STAGE",
        "HEARTBEAT_URL",
        "HEARTBEAT_SECRET_ARN",
    )
    limits = settings.MemberLimits.variables()
    assert len(settings._REQUIRED) + len(optional) + len(["limits"]) == len(fields(settings.Settings))
    for variable in (*settings._REQUIRED.values(), *optional, *limits):
        assert f"`{variable}`" in README


def test_the_readme_shows_every_folder() -> None:
    layout = README.partition("## Layout")[2].partition("\n## ")[0]
    folders = {
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "node_modules"))
    }
    committed = {name for name in folders if any((ROOT / name).rglob("*.*"))} - {"dist", "htmlcov"}
    assert committed == set(re.findall(r"^([a-z]+)/ ", layout, re.MULTILINE))


def test_polling_page_has_the_loop_of_the_document() -> None:
    assert load_page_loop() == load_documented_loop()


def test_every_alarm_has_a_remedy() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().partition("## Alarms")[2]
    templates = "".join((ROOT / "deploy" / name).read_text() for name in ("alarms.yml", "gateway-alarms.yml"))
    alarms = re.findall(r"AlarmName: !Sub dwipper-\$\{Stage\}-([a-z-]+)", templates)
    first_cells = "".join(re.findall(r"^\|[^|]+\|", table, re.MULTILINE))
    assert sorted(re.findall(r"`([a-z-]+)`(?=[,| ])", first_cells)) == sorted(alarms)


def test_method_names_exist_in_the_code() -> None:
    sources = [path.read_text() for path in (ROOT / "app").rglob("*.py")]
    for page in PAGES:
        for code in re.findall(r"`([A-Z][a-z]\w*\.[a-z_]+)`", page.read_text()):
            owner, name = code.split(".")
            assert any(f"class {owner}" in source and f"def {name}(" in source for source in sources), (
                f"{_get_name(page)} names {code}, which app does not have"
            )


def test_every_decision_is_dated_listed_and_complete() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text()
    records = sorted(folder.glob("0*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text()
        assert re.match(
            rf"# ADR {int(path.name[:4])}: .+\n\nStatus: (accepted|superseded by ADR \d+), \d{{4}}-\d\d-\d\d\n", text
        )
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert path.name in index
