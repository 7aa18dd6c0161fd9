"""Health, the documentation and the OpenAPI document are public."""

from app import __version__
from testkit.api_client import Api


async def test_health_has_status_and_version(api: Api) -> None:
    response = await api.http.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "version": __version__})


async def test_root_redirects_to_docs_and_docs_link_openapi_json(api: Api) -> None:
    root = await api.http.get("/")
    assert (root.status_code, root.headers["location"]) == (302, "docs")
    docs = await api.http.get("/docs")
    assert docs.status_code == 200
    assert "./openapi.json" in docs.text
    document = (await api.http.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == __version__


async def test_problems_page_explains_a_problem_type(api: Api) -> None:
    problem = (await api.http.get("/nothing")).json()
    _, _, slug = problem["type"].rpartition(":")
    page = await api.http.get("/problems")
    assert page.status_code == 200
    assert f'id="{slug}"' in page.text
    assert problem["type"] in page.text


async def test_openapi_marks_the_operations_that_require_a_token(api: Api) -> None:
    document = (await api.http.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            requires_token = path.startswith("/v1/") and not path.startswith("/v1/auth/")
            assert bool(operation.get("security")) == requires_token, path
            assert ("401" in operation["responses"]) >= requires_token
            assert (await api.http.get(path)).status_code != 500
