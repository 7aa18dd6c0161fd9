"""A limit has ASCII digits only, and is 1 to 100."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from app.pagination.cursors import Page
from app.pagination.dependencies import PageParams
from testkit.hypothesis_settings import without_deadline
from testkit.operations import load_document

app = FastAPI()


@app.get("/items")
def list_items(params: PageParams) -> dict[str, Any]:
    page = Page[int](items=[], next_cursor="next" if params.page.cursor is None else None)
    return {"limit": params.page.limit, "next_cursor": params.with_next_link(page).next_cursor}


def _get(url: str, **params: str) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dwipper.test") as client:
            return await client.get(url, params=params or None)

    return asyncio.run(send())


def _is_accepted(limit: str) -> bool:
    response = _get("/items", limit=limit)
    assert response.status_code in (200, 422)
    if response.status_code == 200:
        assert response.json()["limit"] == int(limit)
    return response.status_code == 200


@without_deadline
@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        st.text(st.characters(categories=["N"]), max_size=3),
        st.text(st.sampled_from("0123456789_+-. \n\t"), max_size=5),
        st.integers(-10, 200).map(str),
    )
)
def test_limit_is_accepted_if_its_ascii_digits_are_1_to_100(limit: str) -> None:
    is_number = re.fullmatch("[0-9]+", limit) is not None
    assert _is_accepted(limit) is (is_number and 1 <= int(limit) <= 100)


@pytest.mark.parametrize("limit", ["1", "9", "10", "99", "100"])
def test_limit_from_1_to_100_is_accepted(limit: str) -> None:
    assert _is_accepted(limit)


@pytest.mark.parametrize(
    "limit", ["1_0", "+5", " 5", "5 ", "5\n", "5.0", "-0", "٣", "\uff15", "²", "", "0", "101"], ids=ascii
)
def test_other_limit_is_422(limit: str) -> None:
    assert not _is_accepted(limit)


@pytest.mark.parametrize("limit", ["5" * 5000, "1_" * 2500 + "0", "٣" * 5000], ids=["5", "1_", "U+0663"])
def test_limit_with_5000_digits_is_422(limit: str) -> None:
    response = _get("/items", limit=limit)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", "limit"]


def test_limit_is_the_only_number_outside_of_bodies() -> None:
    """Another number in a path, query or header must refuse the same texts."""
    operations = [operation for item in load_document()["paths"].values() for operation in item.values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", ())]
    numbers = [each for each in parameters if {"integer", "number"} & set(re.findall("[a-z]+", str(each["schema"])))]
    assert {parameter["name"] for parameter in numbers} == {"limit"}


def test_next_link_keeps_the_path_and_the_other_parameters() -> None:
    response = _get("/items", limit="7")
    next_url = response.url.join(response.links["next"]["url"])
    assert next_url == httpx.URL("http://dwipper.test/items?limit=7&cursor=next")
    assert "link" not in _get(str(next_url)).headers


def test_next_link_keeps_repeated_parameters() -> None:
    response = _get("/items?limit=7&x=1&x=2")
    assert response.links["next"]["url"] == "?limit=7&x=1&x=2&cursor=next"
