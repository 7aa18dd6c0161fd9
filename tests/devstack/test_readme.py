"""What the README shows is what happens."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from app import settings
from testkit.terminal import ROOT, Developer

README = (ROOT / "README.md").read_text()


def _story() -> str:
    """All that is to be pasted under `Try it`."""
    section = README.partition("## Try it")[2].partition("\n## ")[0]
    return "".join(re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE))


def test_the_story_in_curl_runs_as_printed(developer: Developer) -> None:
    story = _story().replace("http://127.0.0.1:8000", developer.url("")).replace(".local/env", f"{developer.home}/env")
    story = story.replace(".venv/bin/python", sys.executable)
    with developer.starts("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything")
        bash = ["/bin/bash", "-euo", "pipefail", "-c", story]
        told = subprocess.run(bash, check=False, capture_output=True, text=True, timeout=60, cwd=ROOT)
        terminal.wait_for("mail to you@example.org: 123456")
        terminal.wait_for("mail to you@example.org: 654321")
    assert told.returncode == 0, told.stderr
    assert "Socks are sleeping bags for feet." in told.stdout
    assert 'rel="next"' in told.stdout
    assert "\n204\n" in told.stdout
    assert "urn:dwipper:problem:dwipp-not-found" in told.stdout
    assert '"next_cursor"' in told.stdout
    *_, confirmed, logged_in, forgot, reset, answered = told.stdout.splitlines()
    assert (confirmed, logged_in, forgot, reset) == ("204", "200", "202", "204")
    assert "'statusCode': 200" in answered


def test_it_opens_with_one_sentence_and_two_commands() -> None:
    sentence, commands, *_ = re.split(r"\n\n```sh\n|```\n", README)
    assert sentence.count(".") == 1
    assert sentence.endswith(".")
    assert [line.split("#")[0].strip() for line in commands.splitlines()] == ["make run", "make test"]


def test_its_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    headings = {f"#{heading.lower().replace(' ', '-')}" for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert targets
    for target in targets:
        assert target in headings if target.startswith("#") else (ROOT / target).exists(), target


def test_its_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_it_names_every_setting() -> None:
    optional = ("FEED_CACHE_SECONDS", "FEED_SHARDS", "LOG_FORMAT", "LOG_LEVEL", "STAGE")
    assert len(settings._REQUIRED) + len(optional) == len(fields(settings.Settings))
    for variable in (*settings._REQUIRED.values(), *optional):
        assert f"`{variable}`" in README


def test_it_says_of_every_alarm_what_to_do() -> None:
    table = README.partition("### When an alarm goes off")[2].partition("\n## ")[0]
    alarms = re.findall(r"AlarmName: !Sub dwipper-\$\{Stage\}-([a-z-]+)", (ROOT / "deploy" / "alarms.yml").read_text())
    assert sorted(
        re.findall(r"`([a-z-]+)`(?=[,| ])", "".join(re.findall(r"^\|[^|]+\|", table, re.MULTILINE)))
    ) == sorted(alarms)


def test_it_names_what_is_in_the_code() -> None:
    for code in re.findall(r"`((?:[A-Z]\w+)\.\w+)`", README):
        owner, name = code.split(".")
        sources = [path.read_text() for path in Path(ROOT / "app").rglob("*.py")]
        assert any(f"class {owner}" in source and f"def {name}(" in source for source in sources), code
