"""The data that the compared functions read: the same Dwipps for all, and one member."""

from dataclasses import dataclass

from app.aws.timestamps import now, to_text
from app.settings import Settings
from benchmarks import rows, tutorial_table
from benchmarks.events import MEMBER
from benchmarks.services import Services

DWIPPS = 100
_REACTION_INTERVAL = 5  # The member upvoted every fifth Dwipp.


@dataclass(frozen=True, slots=True)
class Dataset:
    """Filled tables.

    Attributes:
        settings: Dwipper's settings.
        variables: the environment variables from which all functions read the names of their tables.
        dwipp_id: a Dwipp that the member has not upvoted.
    """

    settings: Settings
    variables: dict[str, str]
    dwipp_id: str


def create(services: Services) -> Dataset:
    """Create and fill tables for Dwipper, and one for the other functions."""
    engine = services.create_engine()
    settings = engine.settings
    ids = [rows.make_old_id(number) for number in range(DWIPPS)]
    rows.write(engine.client, settings.dwipps_table, map(rows.make_dwipp, ids))
    reactions = (rows.make_reaction(MEMBER, dwipp_id) for dwipp_id in ids[::_REACTION_INTERVAL])
    rows.write(engine.client, settings.reactions_table, reactions)
    member = {"pk": f"member#{MEMBER}", "handle": "a_member", "joined_at": to_text(now())}
    rows.write(engine.client, settings.members_table, [member])
    tutorial_table.create(engine.client, DWIPPS)
    variables = engine.variables | {"TUTORIAL_TABLE": tutorial_table.TABLE, "AWS_DEFAULT_REGION": settings.region}
    return Dataset(settings, variables, ids[1])
