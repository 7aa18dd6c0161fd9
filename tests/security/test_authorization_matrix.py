"""The status of each operation for each actor is that of the matrix. A refused call changes no row and no user."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack

import pytest

from devstack import stack
from devstack.process import Service
from testkit.api_client import TRANSPORTS
from testkit.limits import without_limits
from testkit.operations import ALL_OPERATIONS, OPERATIONS_BY_NAME
from tests.conftest import REGION, Figures
from tests.security.actors import ACTOR_NAMES, Actors, MatrixApi, open_matrix_api

pytestmark = pytest.mark.slow

# Path parameters name a Dwipp or the profile of the author. Paths under /v1/me and request bodies are about the account
# of the actor.
MATRIX = """
operation                                            author  other  moderator  unconfirmed  deleted  anonymous
GET    /v1/dwipps                                       200    200        200          200      200        401
POST   /v1/dwipps                                       201    201        201          401      401        401
GET    /v1/dwipps/random                                200    200        200          200      200        401
GET    /v1/dwipps/{dwipp_id}                            200    200        200          200      200        401
PATCH  /v1/dwipps/{dwipp_id}                            200    403        403          401      401        401
DELETE /v1/dwipps/{dwipp_id}                            204    403        403          401      401        401
POST   /v1/dwipps/{dwipp_id}/upvote                     200    200        200          401      401        401
PUT    /v1/dwipps/{dwipp_id}/upvote                     200    200        200          401      401        401
DELETE /v1/dwipps/{dwipp_id}/upvote                     200    200        200          401      401        401
POST   /v1/dwipps/{dwipp_id}/favorite                   200    200        200          401      401        401
PUT    /v1/dwipps/{dwipp_id}/favorite                   200    200        200          401      401        401
DELETE /v1/dwipps/{dwipp_id}/favorite                   200    200        200          401      401        401
PUT    /v1/dwipps/{dwipp_id}/report                     403    204        204          401      401        401
DELETE /v1/dwipps/{dwipp_id}/report                     204    204        204          401      401        401
GET    /v1/users/{handle}                               200    200        200          200      200        401
GET    /v1/users/{handle}/dwipps                        200    200        200          200      200        401
PUT    /v1/users/{handle}/block                         422    204        204          401      401        401
DELETE /v1/users/{handle}/block                         204    204        204          401      401        401
GET    /v1/me                                           200    200        200          401      401        401
DELETE /v1/me                                           202    202        202          403      204        401
GET    /v1/me/export                                    200    200        200          401      401        401
PUT    /v1/me/password                                  204    204        204          401      401        401
DELETE /v1/me/sessions                                  204    204        204          401      401        401
GET    /v1/me/dwipps                                    200    200        200          401      401        401
GET    /v1/me/favorites                                 200    200        200          200      200        401
GET    /v1/me/upvotes                                   200    200        200          200      200        401
GET    /v1/me/blocks                                    200    200        200          200      200        401
GET    /v1/moderation/cases                             403    403        200          403      403        401
GET    /v1/moderation/cases/{dwipp_id}                  403    403        200          403      403        401
PUT    /v1/moderation/cases/{dwipp_id}/decision         403    403        200          403      403        401
GET    /v1/moderation/members/{handle}                  403    403        200          403      403        401
PUT    /v1/moderation/members/{handle}/suspension       403    403        200          403      403        401
DELETE /v1/moderation/members/{handle}/suspension       403    403        204          403      403        401
GET    /v1/moderation/log                               403    403        200          403      403        401
POST   /v1/auth/register                                202    202        202          202      202        202
POST   /v1/auth/confirm                                 400    400        400          204      400        400
POST   /v1/auth/resend                                  202    202        202          202      202        202
POST   /v1/auth/login                                   200    200        200          403      401        401
POST   /v1/auth/refresh                                 200    200        200          401      401        401
POST   /v1/auth/token                                   200    200        200          400      400        400
POST   /v1/auth/logout                                  204    204        204          204      204        204
POST   /v1/auth/password/forgot                         202    202        202          202      202        202
POST   /v1/auth/password/reset                          204    204        204          400      400        400
GET    /health                                          200    200        200          200      200        200
"""


def _parse_matrix() -> dict[str, dict[str, int]]:
    """Return the expected statuses by operation and actor."""
    (_, *actors), *rows = (line.split() for line in MATRIX.strip().splitlines())
    return {f"{row[0]} {row[1]}": dict(zip(actors, map(int, row[2:]), strict=True)) for row in rows}


EXPECTED = _parse_matrix()

# These operations change the account of an actor, or what the actor sees. So their tests get new actors.
_ALTERING_OPERATIONS = ("delete_me", "change_password", "confirm", "reset_password", "block_member", "suspend_member")


class MatrixHarness:
    """The API over one transport, its actors, and an event loop that several tests share."""

    def __init__(self, runner: asyncio.Runner, api: MatrixApi) -> None:
        self.runner = runner
        self.api = api
        self._actors = runner.run(api.create_actors())

    def get_actors(self, operation: str) -> Actors:
        """Return new actors for an operation that alters accounts. Return the shared actors for any other."""
        return self.runner.run(self.api.create_actors()) if operation in _ALTERING_OPERATIONS else self._actors


@pytest.fixture(scope="module", params=TRANSPORTS)
def harness(request: pytest.FixtureRequest, embedded: Service) -> Iterator[MatrixHarness]:
    settings = without_limits(stack.deploy(embedded.endpoint, REGION, name=f"matrix-{uuid.uuid4().hex}"))
    with asyncio.Runner() as runner:
        exit_stack = AsyncExitStack()
        api = runner.run(exit_stack.enter_async_context(open_matrix_api(settings, embedded, request.param)))
        yield MatrixHarness(runner, api)
        runner.run(exit_stack.aclose())


@pytest.mark.parametrize("name", OPERATIONS_BY_NAME)
def test_statuses_match_and_refused_calls_change_nothing(name: str, harness: MatrixHarness) -> None:
    operation, actors, storage = OPERATIONS_BY_NAME[name], harness.get_actors(name), harness.api.storage
    expected = EXPECTED[str(operation)]
    dwipp = harness.runner.run(actors.author.post_dwipp("I was here."))

    def get_statuses(actor_names: Iterable[str]) -> dict[str, int]:
        return {
            actor: harness.runner.run(actors.call(actor, operation, dwipp["id"])).status_code for actor in actor_names
        }

    before = storage.load_rows_and_users()
    refused = {actor: status for actor, status in expected.items() if status >= 400}
    assert get_statuses(refused) == refused
    assert storage.load_rows_and_users() == before
    # The author comes last, because the author may delete the Dwipp that the others request.
    served = {actor: status for actor, status in reversed(expected.items()) if status < 400}
    assert get_statuses(served) == served


def test_matrix_has_every_operation(figures: Figures) -> None:
    assert set(EXPECTED) == set(map(str, ALL_OPERATIONS)), (
        "Give each operation of openapi.json a line in MATRIX, with its status for each actor"
    )
    figures("operations, actors, transports", f"{len(EXPECTED)}, {len(ACTOR_NAMES)}, {len(TRANSPORTS)}")
    figures("cells of the matrix", len(EXPECTED) * len(ACTOR_NAMES) * len(TRANSPORTS))
