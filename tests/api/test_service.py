"""The pages that are nobody's in particular."""

from app import __version__
from testkit.api_client import World
from testkit.story import story


@story
async def test_the_service_says_that_it_is_up(world: World) -> None:
    answer = await world.http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


@story
async def test_the_root_leads_to_the_docs_and_the_docs_to_the_spec(world: World) -> None:
    root = await world.http.get("/")
    assert (root.status_code, root.headers["location"]) == (302, "/docs")
    docs = await world.http.get("/docs")
    assert docs.status_code == 200
    assert "./openapi.json" in docs.text
    spec = (await world.http.get("/openapi.json")).json()
    assert spec["openapi"] == "3.1.0"
    assert spec["info"]["version"] == __version__


@story
async def test_the_type_of_a_problem_leads_to_what_it_means(world: World) -> None:
    problem = (await world.http.get("/nothing")).json()
    _, _, slug = problem["type"].rpartition(":")
    page = await world.http.get("/problems")
    assert page.status_code == 200
    assert f'id="{slug}"' in page.text
    assert problem["type"] in page.text


@story
async def test_the_spec_says_which_operations_are_for_members(world: World) -> None:
    spec = (await world.http.get("/openapi.json")).json()
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            for_members = path.startswith("/v1/") and not path.startswith("/v1/auth/")
            assert bool(operation.get("security")) == for_members, path
            assert ("401" in operation["responses"]) >= for_members
            assert (await world.http.get(path)).status_code != 500
