"""Stages other than prod have a bound on their concurrency, if the account can reserve it."""

from typing import Any

import pytest

from scripts.concurrency import choose_reservation


class _Lambda:
    """A client for Lambda in an account with this unreserved concurrency."""

    def __init__(self, unreserved: int) -> None:
        self._unreserved = unreserved

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self._unreserved}}


@pytest.mark.parametrize(
    ("unreserved", "reservation"),
    [
        pytest.param(1000, "20", id="default quota"),
        pytest.param(120, "20", id="just enough"),
        pytest.param(119, "", id="less than 100 would remain"),
        pytest.param(10, "", id="new account"),
    ],
)
def test_dev_reserves_concurrency_if_100_remain(unreserved: int, reservation: str) -> None:
    client: Any = _Lambda(unreserved)
    assert choose_reservation(client, "dev") == reservation


def test_prod_has_no_bound() -> None:
    client: Any = _Lambda(1000)
    assert choose_reservation(client, "prod") == ""
