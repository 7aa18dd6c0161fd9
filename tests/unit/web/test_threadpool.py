"""What waits does so beside a server's loop, and at once in a function that has one event at a time."""

import asyncio
import threading
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from app.api_gateway import make_handler
from app.web.threadpool import ThreadpoolRoute, in_threadpool, run_inline
from testkit.gateway import make_event


@in_threadpool
def _of_dependency() -> int:
    return threading.get_ident()


router = APIRouter(route_class=ThreadpoolRoute)


@router.get("/sync")
def of_function(dependency: Annotated[int, Depends(_of_dependency)]) -> list[int]:
    return [dependency, threading.get_ident()]


@router.get("/async")
async def of_coroutine_function() -> list[int]:
    return [threading.get_ident()]


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    return app


def _asked(app: Any, path: str) -> set[int]:
    """The threads that answered, where the loop is this one's."""

    async def ask() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://dwipper.test") as client:
            return (await client.get(path)).json()

    return set(asyncio.run(ask()))


def _handled(app: FastAPI, path: str) -> set[int]:
    answer = make_handler(app)(make_event(httpx.Request("GET", f"https://dwipper.test{path}"), "rest"), None)
    return set(httpx.Response(200, text=answer["body"]).json())


class TestRoute:
    def test_a_server_goes_on_while_a_function_waits(self, app: FastAPI) -> None:
        assert threading.get_ident() not in _asked(app, "/sync")

    def test_a_coroutine_function_stays_in_the_loop(self, app: FastAPI) -> None:
        assert _asked(app, "/async") == {threading.get_ident()}

    @pytest.mark.parametrize("path", ["/sync", "/async"])
    def test_a_lambda_function_does_all_in_one_thread(self, app: FastAPI, path: str) -> None:
        assert _handled(app, path) == {threading.get_ident()}

    def test_what_an_event_did_changes_nothing_for_a_server_in_the_same_process(self, app: FastAPI) -> None:
        _handled(app, "/sync")
        assert threading.get_ident() not in _asked(app, "/sync")

    def test_the_operation_is_named_after_the_function(self, app: FastAPI) -> None:
        assert app.openapi()["paths"]["/sync"]["get"]["operationId"].startswith("of_function")


class TestWaiting:
    def test_it_raises_what_the_function_raises(self) -> None:
        @in_threadpool
        def fail() -> None:
            raise KeyError("a")

        async def alone_too() -> None:
            with pytest.raises(KeyError):
                await fail()
            with run_inline(), pytest.raises(KeyError):
                await fail()

        asyncio.run(alone_too())
