"""Blocking code runs in a thread under a server, and inline in a Lambda function."""

import asyncio
import threading
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from app.api_gateway import make_handler
from app.web.routing import ApiRoute
from app.web.threadpool import in_threadpool, run_inline
from testkit.gateway import make_event


@in_threadpool
def _get_thread_id() -> int:
    return threading.get_ident()


router = APIRouter(route_class=ApiRoute)


@router.get("/sync")
def read_threads(dependency: Annotated[int, Depends(_get_thread_id)]) -> list[int]:
    return [dependency, threading.get_ident()]


@router.get("/async")
async def read_threads_async() -> list[int]:
    return [threading.get_ident()]


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    return app


def _serve(app: Any, path: str) -> set[int]:
    """Run an app's event loop in this thread, and send a request. Return the ids of the threads that ran the code."""

    async def send() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://dwipper.test") as client:
            return (await client.get(path)).json()

    return set(asyncio.run(send()))


def _handle_event(app: FastAPI, path: str) -> set[int]:
    result = make_handler(app)(make_event(httpx.Request("GET", f"https://dwipper.test{path}"), "rest"), None)
    return set(httpx.Response(200, text=result["body"]).json())


class TestRoute:
    def test_server_runs_function_in_another_thread(self, app: FastAPI) -> None:
        assert threading.get_ident() not in _serve(app, "/sync")

    def test_server_runs_coroutine_function_in_the_loop(self, app: FastAPI) -> None:
        assert _serve(app, "/async") == {threading.get_ident()}

    @pytest.mark.parametrize("path", ["/sync", "/async"])
    def test_lambda_function_runs_all_code_in_one_thread(self, app: FastAPI, path: str) -> None:
        assert _handle_event(app, path) == {threading.get_ident()}

    def test_event_does_not_affect_a_server_in_the_same_process(self, app: FastAPI) -> None:
        _handle_event(app, "/sync")
        assert threading.get_ident() not in _serve(app, "/sync")

    def test_operation_id_is_the_function_name(self, app: FastAPI) -> None:
        assert app.openapi()["paths"]["/sync"]["get"]["operationId"].startswith("read_threads")


class TestInThreadpool:
    def test_exceptions_are_passed_on(self) -> None:
        @in_threadpool
        def fail() -> None:
            raise KeyError("a")

        async def call_both_ways() -> None:
            with pytest.raises(KeyError):
                await fail()
            with run_inline(), pytest.raises(KeyError):
                await fail()

        asyncio.run(call_both_ways())
