"""Schemathesis over the whole spec: with all of its checks, no answer is one that the spec does not document."""

from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
import requests
import schemathesis

from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan
from tests.conftest import Figures
from tests.fuzz import schemathesis_settings
from tests.fuzz.checks import search_all
from tests.fuzz.members import Members
from tests.fuzz.run import Run
from tests.fuzz.server import serving
from tests.resilience.conftest import NewEngine

pytestmark = pytest.mark.security

CASES = 5000  # Over each transport.
LEAST = {"examples": 10, "coverage": 500, "fuzzing": 2000, "stateful": 500}  # Of each phase.
PATIENCE_SECONDS = 40.0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_every_answer_is_one_that_the_spec_documents(
    transport: str, new_engine: NewEngine, tmp_path: Path, figures: Figures
) -> None:

    engine = new_engine("in_memory")
    with (
        serving(engine, transport, tmp_path) as server,
        httpx.Client(base_url=server.endpoint, trust_env=False, timeout=PATIENCE_SECONDS) as http,
    ):
        members = Members(http)
        spec = http.get("/openapi.json").raise_for_status().json()
        search_all(engine.settings)
        searched = LeakScan.answers
        run = Run(spec, schemathesis_settings.settings(server.endpoint, members), members)
        run.execute(CASES)
    figures(f"cases over {transport}", f"{run.cases.total()} {dict(run.cases)}, seed {run.seed}")
    figures(f"answers over {transport}", run.by_class)
    assert not run.findings, "\n\n".join(run.findings)
    assert run.cases.total() >= CASES
    assert run.cases.keys() == LEAST.keys()
    assert all(run.cases[phase] >= least for phase, least in LEAST.items()), run.cases
    assert LeakScan.answers - searched >= run.cases.total(), "every answer was searched"
    operations = [f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods]
    assert sorted(run.answers) == sorted(operations)
    refused = [name for name, statuses in run.answers.items() if not any(200 <= status < 300 for status in statuses)]
    assert not refused, "these were asked nothing that could be answered"


@pytest.mark.parametrize("body", ["{}", '{"detail": "UserNotFoundException"}', '{"email": "kay@example.org"}'])
def test_an_answer_that_tells_something_is_a_finding(body: str) -> None:
    search = search_all(SETTINGS)
    asked = requests.Request("GET", "http://127.0.0.1/v1/dwipps", headers={"Authorization": "Bearer x"}).prepare()
    answer = schemathesis.Response(200, {"Content-Type": ["application/json"]}, body.encode(), asked, 0.1, verify=True)
    with nullcontext() if body == "{}" else pytest.raises(AssertionError, match="tells"):
        search(None, answer, None)
