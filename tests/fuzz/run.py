"""A run of schemathesis over the whole spec, and what came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import Interaction, ScenarioRecorder

from tests.fuzz.checks import except_replays
from tests.fuzz.members import Members


class Run:
    """What was asked, and what was answered."""

    def __init__(self, spec: dict[str, Any], settings: dict[str, Any], members: Members) -> None:
        config = schemathesis.Config.from_dict(settings)
        self.seed = config.seed
        self.cases: Counter[str] = Counter()  # By phase.
        self.answers: dict[str, Counter[int]] = defaultdict(Counter)  # By operation, and then by status.
        self.findings: list[str] = []
        self._tokens = members.tokens
        self._schema = schemathesis.openapi.from_dict(_sharpened(spec), config=config)
        except_replays(self._schema)
        members.call_for(self._schema)

    def execute(self, cases: int) -> None:
        """Ask by all phases, and then walk along the links until so many cases are reached, or something is found.

        Walks end early where the API's state makes Hypothesis take another way than the one that it remembers.
        """
        self._execute()
        self._schema.config.phases.update(phases=["stateful"])
        while self.cases.total() < cases and not self.findings:
            self._execute()

    @property
    def by_class(self) -> dict[str, int]:
        """How many answers there were of each class of statuses."""
        classes: Counter[str] = Counter()
        for statuses in self.answers.values():
            for status, count in statuses.items():
                classes[f"{status // 100}xx"] += count
        return dict(sorted(classes.items()))

    def _execute(self) -> None:
        for event in from_schema(self._schema).execute():
            match event:
                case events.ScenarioFinished():
                    self._add(event.phase.value, event.recorder)
                case events.SchemaAnalysisWarnings():
                    self.findings += map(str, event.warnings)
                case events.NonFatalError():
                    self.findings.append(f"{event.label}: {event.value!r}")
                case events.EngineFinished() if event.stop_reason != StopReason.COMPLETED:
                    self.findings.append(f"stopped: {event.stop_reason}")

    def _add(self, phase: str, recorder: ScenarioRecorder) -> None:
        self.cases[phase] += len(recorder.checks)
        for case_id, exchange in recorder.interactions.items():
            self._count(recorder.cases[case_id].value.operation.label, exchange)
        self.findings += _failures(recorder)

    def _count(self, label: str, exchange: Interaction) -> None:
        assert exchange.response, f"{label}: no answer"
        status = exchange.response.status_code
        self.answers[label][status] += 1
        _, _, token = exchange.request.headers.get("Authorization", [""])[0].partition("Bearer ")
        if status == 401 and token in self._tokens:
            self.findings.append(f"{label}: refused a good token")


def _sharpened(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec, as it finds more: no object has members that it does not name, what is deleted is asked for again.

    And tokens are bearer tokens: of `oauth2` schemathesis would not know how it comes, and whether it is asked for.
    """
    components = spec["components"]
    for schema in components["schemas"].values():
        schema["additionalProperties"] = False
    for name in components["securitySchemes"]:
        components["securitySchemes"][name] = {"type": "http", "scheme": "bearer"}
    again = {"operationId": "read_dwipp", "parameters": {"dwipp_id": "$request.path.dwipp_id"}}
    spec["paths"]["/v1/dwipps/{dwipp_id}"]["delete"]["responses"]["204"]["links"] = {"again": again}
    return spec


def _failures(recorder: ScenarioRecorder) -> Iterator[str]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                failure = check.failure_info.failure
                exchange = recorder.interactions[case_id]
                answer = exchange.response and (exchange.response.status_code, exchange.response.content)
                yield (
                    f"{failure.operation}: {check.name}: {failure.title}\n{failure.message}\n"
                    f"{check.failure_info.code_sample}\n{answer}"
                )
