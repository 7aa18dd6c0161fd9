"""Schemathesis over the whole spec: with all of its checks, no answer is one that the spec does not document."""

from pathlib import Path

import httpx
import pytest

from tests.conftest import Figures
from tests.full import fuzz_settings
from tests.full.conftest import NewEngine
from tests.full.fuzz_members import Members
from tests.full.fuzz_run import Run
from tests.full.fuzz_server import serving

CASES = 5000  # Over each transport.
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
        run = Run(spec, fuzz_settings.settings(server.endpoint, members), members)
        run.execute(CASES)
    figures(f"cases over {transport}", f"{run.cases.total()} {dict(run.cases)}, seed {run.seed}")
    figures(f"answers over {transport}", run.by_class)
    assert not run.findings, "\n\n".join(run.findings)
    assert run.cases.total() >= CASES
    operations = [f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods]
    assert sorted(run.answers) == sorted(operations)
    refused = [name for name, statuses in run.answers.items() if not any(200 <= status < 300 for status in statuses)]
    assert not refused, "these were asked nothing that could be answered"
