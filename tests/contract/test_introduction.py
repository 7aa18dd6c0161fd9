"""The introduction of the document says everything once, and its tags begin with the login."""

import re
from typing import Any

from app.main import create_app
from testkit.doubles import SETTINGS


def _info() -> dict[str, Any]:
    info: dict[str, Any] = create_app(SETTINGS).openapi()["info"]
    return info


def test_description_does_not_repeat_the_summary() -> None:
    subject = "social network for shower thoughts"
    assert subject in _info()["summary"]
    assert subject not in _info()["description"]


def test_description_names_each_term_once() -> None:
    terms = re.findall(r"`[^`]+`|\*+[^*]+\*+|\[[^\]]+\]", _info()["description"])
    assert len(terms) > 4
    assert len(set(map(str.lower, terms))) == len(terms)


def test_login_is_the_first_tag() -> None:
    assert create_app(SETTINGS).openapi()["tags"][0]["name"] == "auth"
