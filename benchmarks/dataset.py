"""What the compared functions find in DynamoDB: the same Dwipps, and one member who reads and writes."""

from dataclasses import dataclass

from app.aws.timestamps import now, to_text
from app.settings import Settings
from benchmarks import rows, tutorial_table
from benchmarks.environment import Stage
from benchmarks.events import MEMBER

DWIPPS = 100
_REACTED_TO_EVERY = 5


@dataclass(frozen=True, slots=True)
class Scenery:
    """Tables, and what functions are told of them."""

    settings: Settings
    variables: dict[str, str]
    dwipp_id: str


def built(stage: Stage) -> Scenery:
    """Fill tables for Dwipper, and one for the others."""
    engine = stage.engine()
    settings = engine.settings
    ids = [rows.old_id(number) for number in range(DWIPPS)]
    rows.write(engine.client, settings.dwipps_table, map(rows.dwipp, ids))
    reactions = (rows.reaction(MEMBER, dwipp_id) for dwipp_id in ids[::_REACTED_TO_EVERY])
    rows.write(engine.client, settings.reactions_table, reactions)
    member = {"pk": f"member#{MEMBER}", "handle": "a_member", "joined_at": to_text(now())}
    rows.write(engine.client, settings.members_table, [member])
    tutorial_table.make(engine.client, DWIPPS)
    variables = engine.variables | {"TUTORIAL_TABLE": tutorial_table.NAME, "AWS_DEFAULT_REGION": settings.region}
    return Scenery(settings, variables, ids[1])
