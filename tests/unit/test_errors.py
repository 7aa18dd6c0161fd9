"""Each error of the domain has a text for clients, and a place in the documented tree of errors."""

import inspect
import re
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
    sentences = re.split(r"[.:] ", error.detail)
    assert len(sentences) <= 4
    assert all(len(sentence.split()) <= 25 for sentence in sentences)


def test_unconfirmed_detail_covers_new_and_existing_accounts() -> None:
    # One reader has a mail with a code. The other one has an account, so no mail was sent.
    detail = errors.AccountNotConfirmedError.detail
    assert "code from the confirmation mail" in detail
    assert re.search(r"If no mail arrives, the email may have an account .* reset the password", detail)


def test_tree_in_the_docstring_is_complete() -> None:
    listed = [line.split()[-1] for line in (errors.__doc__ or "").splitlines() if "── " in line]
    assert Counter(listed) == dict.fromkeys((error.__name__ for error in ERROR_CLASSES), 1), (
        "List each error class once in the tree in the docstring of app/errors.py"
    )
