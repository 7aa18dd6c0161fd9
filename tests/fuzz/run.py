"""A run of schemathesis with an OpenAPI document, and its findings."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import Interaction, ScenarioRecorder

from tests.fuzz.checks import (
    ignore_deleted_replays,
    ignore_headers_of_the_connection,
    ignore_paths_with_a_final_line_feed,
)
from tests.fuzz.members import Members

MAX_REPETITIONS = 5  # Of the fuzzing phase, which takes up to 40 seconds.


class FuzzRun:
    """A run of schemathesis.

    Attributes:
        seed: the seed of the run.
        operations: the operations of the document, such as "GET /health".
        cases: the number of cases by phase.
        statuses: the number of responses by operation and status.
        findings: the failed checks, warnings and errors.
    """

    def __init__(self, spec: dict[str, Any], settings: dict[str, Any], members: Members) -> None:
        config = schemathesis.Config.from_dict(settings)
        self.seed = config.seed
        self.operations = {f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods}
        self.cases: Counter[str] = Counter()
        self.statuses: dict[str, Counter[int]] = defaultdict(Counter)
        self.findings: list[str] = []
        self._tokens = members.tokens
        self._schema = schemathesis.openapi.from_dict(_tighten(spec), config=config)
        ignore_deleted_replays(self._schema)
        ignore_headers_of_the_connection(self._schema)
        ignore_paths_with_a_final_line_feed(self._schema)
        members.authenticate(self._schema)

    def execute(self, min_cases: int, min_stateful_cases: int) -> None:
        """Run all phases. Then repeat two of them until there are enough cases and successes, or a finding.

        The stateful phase walks along the links of the document. One phase is too short: a walk ends early if the state
        of the API leads Hypothesis to another path than the recorded one.

        The fuzzing phase may succeed with no request of an operation whose valid requests are rare.
        """
        self._execute_phases()
        while not self.findings and (self.cases.total() < min_cases or self.cases["stateful"] < min_stateful_cases):
            self._repeat("stateful")
        for _ in range(MAX_REPETITIONS):
            if not self.findings and self.list_failed_operations():
                self._repeat("fuzzing")

    def list_failed_operations(self) -> list[str]:
        """Return the operations that never succeeded."""
        succeeded = {name for name, counts in self.statuses.items() if any(200 <= status < 300 for status in counts)}
        return sorted(self.operations - succeeded)

    @property
    def responses_by_class(self) -> dict[str, int]:
        """Return the number of responses by status class, such as "2xx"."""
        classes: Counter[str] = Counter()
        for counts in self.statuses.values():
            for status, count in counts.items():
                classes[f"{status // 100}xx"] += count
        return dict(sorted(classes.items()))

    def _repeat(self, phase: str) -> None:
        """Run a phase with other cases."""
        self._schema.config.phases.update(phases=[phase])
        self._schema.config.seed += 1
        self._execute_phases()

    def _execute_phases(self) -> None:
        for event in from_schema(self._schema).execute():
            match event:
                case events.ScenarioFinished():
                    self._add_scenario(event.phase.value, event.recorder)
                case events.SchemaAnalysisWarnings():
                    self.findings += map(str, event.warnings)
                case events.NonFatalError():
                    self.findings.append(f"{event.label}: {event.value!r}")
                case events.EngineFinished() if event.stop_reason != StopReason.COMPLETED:
                    self.findings.append(f"stopped: {event.stop_reason}")

    def _add_scenario(self, phase: str, recorder: ScenarioRecorder) -> None:
        self.cases[phase] += len(recorder.checks)
        for case_id, interaction in recorder.interactions.items():
            self._add_interaction(recorder.cases[case_id].value.operation.label, interaction)
        self.findings += _describe_failures(recorder)

    def _add_interaction(self, label: str, interaction: Interaction) -> None:
        assert interaction.response, f"{label}: no response"
        status = interaction.response.status_code
        self.statuses[label][status] += 1
        _, _, token = interaction.request.headers.get("Authorization", [""])[0].partition("Bearer ")
        if status == 401 and token in self._tokens:
            self.findings.append(f"{label}: a valid token was refused")


def _tighten(spec: dict[str, Any]) -> dict[str, Any]:
    """Change the document so that schemathesis finds more. Return it.

    - Undocumented members of objects are invalid.
    - A link leads from the deletion of a Dwipp to a read of that Dwipp.
    - Tokens are bearer tokens. For `oauth2`, schemathesis knows neither where to send tokens nor if they are required.
    """
    components = spec["components"]
    for name, schema in components["schemas"].items():
        if "allOf" in schema:
            schema["unevaluatedProperties"] = False
        elif "oneOf" not in schema and name != "Problem":  # The base of the schemas with `allOf`.
            schema["additionalProperties"] = False
    for name in components["securitySchemes"]:
        components["securitySchemes"][name] = {"type": "http", "scheme": "bearer"}
    read_again = {"operationId": "read_dwipp", "parameters": {"dwipp_id": "$request.path.dwipp_id"}}
    spec["paths"]["/v1/dwipps/{dwipp_id}"]["delete"]["responses"]["204"]["links"] = {"again": read_again}
    return spec


def _describe_failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """Yield a description of each failed check, with a code sample that repeats the request."""
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                failure = check.failure_info.failure
                interaction = recorder.interactions[case_id]
                response = interaction.response and (interaction.response.status_code, interaction.response.content)
                yield (
                    f"{failure.operation}: {check.name}: {failure.title}\n{failure.message}\n"
                    f"{check.failure_info.code_sample}\n{response}"
                )
