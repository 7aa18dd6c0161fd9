"""Who may what: every operation, asked by everybody, over both transports; whatever is refused changes nothing."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack

import pytest

from devstack import stack
from devstack.process import Service
from testkit.api_client import TRANSPORTS
from testkit.operations import ALL_OPERATIONS, OPERATIONS_BY_NAME
from tests.conftest import REGION, Figures
from tests.security.actors import PEOPLE, Cast, Stage, stage

pytestmark = pytest.mark.slow

# What is of somebody is the author's Dwipp or profile; what is under /v1/me, and what a body names, is the asker's own.
MATRIX = """
operation                                author  other  unconfirmed  deleted  anonymous
GET    /v1/dwipps                           200    200          200      200        401
POST   /v1/dwipps                           201    201          401      401        401
GET    /v1/dwipps/{dwipp_id}                200    200          200      200        401
PATCH  /v1/dwipps/{dwipp_id}                200    403          401      401        401
DELETE /v1/dwipps/{dwipp_id}                204    403          401      401        401
POST   /v1/dwipps/{dwipp_id}/upvote         200    200          401      401        401
PUT    /v1/dwipps/{dwipp_id}/upvote         200    200          401      401        401
DELETE /v1/dwipps/{dwipp_id}/upvote         200    200          401      401        401
POST   /v1/dwipps/{dwipp_id}/favorite       200    200          401      401        401
PUT    /v1/dwipps/{dwipp_id}/favorite       200    200          401      401        401
DELETE /v1/dwipps/{dwipp_id}/favorite       200    200          401      401        401
GET    /v1/users/{handle}                   200    200          200      200        401
GET    /v1/users/{handle}/dwipps            200    200          200      200        401
GET    /v1/me                               200    200          401      401        401
DELETE /v1/me                               202    202          403      204        401
GET    /v1/me/export                        200    200          401      401        401
PUT    /v1/me/password                      204    204          401      401        401
DELETE /v1/me/sessions                      204    204          401      401        401
GET    /v1/me/dwipps                        200    200          401      401        401
GET    /v1/me/favorites                     200    200          200      200        401
POST   /v1/auth/register                    202    202          202      202        202
POST   /v1/auth/confirm                     400    400          204      400        400
POST   /v1/auth/resend                      202    202          202      202        202
POST   /v1/auth/login                       200    200          403      401        401
POST   /v1/auth/refresh                     200    200          401      401        401
POST   /v1/auth/token                       200    200          400      400        400
POST   /v1/auth/logout                      204    204          204      204        204
POST   /v1/auth/password/forgot             202    202          202      202        202
POST   /v1/auth/password/reset              204    204          400      400        400
GET    /health                              200    200          200      200        200
"""


def _expected() -> dict[str, dict[str, int]]:
    """By operation and person."""
    (_, *people), *rows = (line.split() for line in MATRIX.strip().splitlines())
    return {f"{row[0]} {row[1]}": dict(zip(people, map(int, row[2:]), strict=True)) for row in rows}


EXPECTED = _expected()

# After these somebody is not who they were, so each has people of its own.
_ALTERS = ("delete_me", "change_password", "confirm", "reset_password")


class Theatre:
    """A stage of each transport, in a loop that outlives a test, and a cast that nobody has altered."""

    def __init__(self, runner: asyncio.Runner, stage_: Stage) -> None:
        self.runner = runner
        self.stage = stage_
        self._cast = runner.run(stage_.cast())

    def cast(self, operation: str) -> Cast:
        return self.runner.run(self.stage.cast()) if operation in _ALTERS else self._cast


@pytest.fixture(scope="module", params=TRANSPORTS)
def theatre(request: pytest.FixtureRequest, embedded: Service) -> Iterator[Theatre]:
    settings = stack.deploy(embedded.endpoint, REGION, name=f"matrix-{uuid.uuid4().hex}")
    with asyncio.Runner() as runner:
        open_stages = AsyncExitStack()
        opened = runner.run(open_stages.enter_async_context(stage(settings, embedded, request.param)))
        yield Theatre(runner, opened)
        runner.run(open_stages.aclose())


@pytest.mark.parametrize("name", OPERATIONS_BY_NAME)
def test_everybody_gets_what_is_theirs_and_who_is_refused_changes_nothing(name: str, theatre: Theatre) -> None:
    operation, cast, stored = OPERATIONS_BY_NAME[name], theatre.cast(name), theatre.stage.stored
    expected = EXPECTED[str(operation)]
    dwipp = theatre.runner.run(cast.author.post_dwipp("I was here."))

    def got(people: Iterable[str]) -> dict[str, int]:
        return {who: theatre.runner.run(cast.ask(who, operation, dwipp["id"])).status_code for who in people}

    before = stored.rows_and_users()
    refused = {who: status for who, status in expected.items() if status >= 400}
    assert got(refused) == refused
    assert stored.rows_and_users() == before
    # Whoever comes last may delete what the others ask for.
    served = {who: status for who, status in reversed(expected.items()) if status < 400}
    assert got(served) == served


def test_no_operation_is_left_out(figures: Figures) -> None:
    assert set(EXPECTED) == set(map(str, ALL_OPERATIONS))
    figures("operations, people, transports", f"{len(EXPECTED)}, {len(PEOPLE)}, {len(TRANSPORTS)}")
    figures("cells of the matrix", len(EXPECTED) * len(PEOPLE) * len(TRANSPORTS))
