"""Each error of the domain has one problem type, and problem types are unique."""

import inspect

from app import errors
from app.web import problems

ERROR_CLASSES = sorted(
    (
        error
        for error in vars(errors).values()
        if inspect.isclass(error) and issubclass(error, errors.DwipperError) and not error.__subclasses__()
    ),
    key=lambda error: error.__name__,
)
OTHER_PROBLEM_TYPES = (
    problems.MALFORMED_REQUEST,
    problems.NOT_FOUND,
    problems.METHOD_NOT_ALLOWED,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INTERNAL_ERROR,
)


def test_each_domain_error_has_a_problem_type() -> None:
    assert len(ERROR_CLASSES) > 15
    assert set(problems.PROBLEM_TYPES) == set(ERROR_CLASSES) - {errors.MisconfiguredError}, (
        "Give each error of app/errors.py a slug, a status and a title in PROBLEM_TYPES of app/web/problems.py"
    )


def test_slugs_and_titles_are_unique() -> None:
    problem_types = {*problems.PROBLEM_TYPES.values(), *OTHER_PROBLEM_TYPES}
    assert (
        len({problem_type.slug for problem_type in problem_types})
        == len({problem_type.title for problem_type in problem_types})
        == len(problem_types)
    )


def test_problem_types_are_urns() -> None:
    for problem_type in {*problems.PROBLEM_TYPES.values(), *OTHER_PROBLEM_TYPES}:
        assert problem_type.urn == f"urn:dwipper:problem:{problem_type.slug}"
        assert problem_type.slug.replace("-", "").isalpha()
        assert problem_type.slug.islower()
        assert 400 <= problem_type.status < 600
