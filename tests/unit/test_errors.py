"""Each error of the domain has a text for clients, and a place in the documented tree of errors."""

import inspect
from collections import Counter

import pytest

from app import errors

ERROR_CLASSES = sorted(
    (
        error
        for error in vars(errors).values()
        if inspect.isclass(error) and issubclass(error, errors.DwipperError) and not error.__subclasses__()
    ),
    key=lambda error: error.__name__,
)


@pytest.mark.parametrize("error", ERROR_CLASSES, ids=lambda error: error.__name__)
def test_each_error_has_a_detail(error: type[errors.DwipperError]) -> None:
    assert error.detail.endswith((".", "`."))
    assert len(error.detail) < 120


def test_tree_in_the_docstring_is_complete() -> None:
    listed = [line.split()[-1] for line in (errors.__doc__ or "").splitlines() if "── " in line]
    assert Counter(listed) == dict.fromkeys((error.__name__ for error in ERROR_CLASSES), 1), (
        "List each error class once in the tree in the docstring of app/errors.py"
    )
