"""The OpenAPI document names the problem types of each error response."""

from app import errors
from app.openapi import problem_responses
from app.web import problems
from testkit.doubles import make_offline_app


def test_problem_types_with_one_status_share_an_entry() -> None:
    responses = problem_responses.error_responses(
        errors.InvalidCursorError, problems.MALFORMED_REQUEST, errors.DwippNotFoundError
    )
    assert sorted(responses) == [400, 404]
    assert "invalid-cursor" in responses[400]["description"]
    assert "malformed-request" in responses[400]["description"]


def test_documented_problems_are_known() -> None:
    app, _ = make_offline_app()
    known_urns = {problem_type.urn for problem_type in problems.ALL_PROBLEM_TYPES}
    for methods in app.openapi()["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status != "default" and int(status) >= 400 and problems.MEDIA_TYPE in response.get("content", {}):
                    assert all(part.split("`")[1] in known_urns for part in response["description"].split(" · "))
