"""The pages that are nobody's in particular."""

from app import __version__
from testkit.api_client import Api


async def test_the_service_says_that_it_is_up(api: Api) -> None:
    answer = await api.http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


async def test_the_root_leads_to_the_docs_and_the_docs_to_the_spec(api: Api) -> None:
    root = await api.http.get("/")
    assert (root.status_code, root.headers["location"]) == (302, "/docs")
    docs = await api.http.get("/docs")
    assert docs.status_code == 200
    assert "./openapi.json" in docs.text
    spec = (await api.http.get("/openapi.json")).json()
    assert spec["openapi"] == "3.1.0"
    assert spec["info"]["version"] == __version__


async def test_the_type_of_a_problem_leads_to_what_it_means(api: Api) -> None:
    problem = (await api.http.get("/nothing")).json()
    _, _, slug = problem["type"].rpartition(":")
    page = await api.http.get("/problems")
    assert page.status_code == 200
    assert f'id="{slug}"' in page.text
    assert problem["type"] in page.text


async def test_the_spec_says_which_operations_are_for_members(api: Api) -> None:
    spec = (await api.http.get("/openapi.json")).json()
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            for_members = path.startswith("/v1/") and not path.startswith("/v1/auth/")
            assert bool(operation.get("security")) == for_members, path
            assert ("401" in operation["responses"]) >= for_members
            assert (await api.http.get(path)).status_code != 500
