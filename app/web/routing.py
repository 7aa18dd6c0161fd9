"""The routes of the API: their endpoints may block, their bodies are strict JSON, and some match any path."""

import json
from collections.abc import Callable, Coroutine, Mapping
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from app.slices import iter_routes, route_path
from app.web.problems import UNSUPPORTED_MEDIA_TYPE
from app.web.threadpool import in_threadpool


class ApiRoute(APIRoute):
    """A route of the API. It wraps an endpoint that is not a coroutine function in `in_threadpool`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["generate_unique_id_function"] = attrgetter("name")
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else in_threadpool(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, which reads JSON by `JsonRequest`."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


class Accepted(Response):
    """An empty 202. API Gateway would name a response without a media type JSON, and clients would parse it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
    """

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status_code=202, headers=headers, media_type="text/plain")


class _AnyPathConvertor(Convertor[str]):
    """The rest of a path, `{rest:anything}`. Starlette's own `path` matches no line feed."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """Return the part of the path unchanged."""
        return value

    def to_string(self, value: str) -> str:
        """Return the value unchanged."""
        return value


register_url_convertor("anything", _AnyPathConvertor())


def allowed_methods(request: Request) -> list[str]:
    """Return all methods of the resource. Its operations may belong to several routes with the same path.

    The first route that matches names the resource: `/v1/dwipps/random` also matches the path of a Dwipp. A route
    without methods matches any method. It adds no method here, because it shows nothing about the resource.
    """
    path = route_path(request.scope)
    resource: str | None = None
    methods: set[str] = set()
    for route in iter_routes(request.app, path):
        if compile_path(route.path)[0].fullmatch(path):
            resource = resource or route.path
            if route.path == resource:
                methods |= route.methods or set()
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


class JsonRequest(Request):
    """A request whose JSON is that of RFC 8259. Python's parser accepts more."""

    async def json(self) -> Any:
        """Return the parsed body.

        Raises:
            HTTPException: with the status 415, if the body has an encoding or several media types.
            JSONDecodeError: if the body is not JSON in UTF-8 (section 8.1), has NaN or an infinity (section 6), or
                repeats a name in an object (section 4).
        """
        if is_encoded(self):
            raise HTTPException(UNSUPPORTED_MEDIA_TYPE.status, headers={"Accept-Encoding": "identity"})
        if len(self.headers.getlist("content-type")) > 1:
            raise HTTPException(UNSUPPORTED_MEDIA_TYPE.status)
        return _parse(await self.body())


def is_encoded(request: Request) -> bool:
    """Return True if the body has a content coding, such as gzip (RFC 9110, section 8.4)."""
    return any(coding.lower() != "identity" for coding in request.headers.getlist("content-encoding"))


def _parse(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError("The body is not UTF-8.", "", error.start) from error
    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_to_object)


def _refuse_constant(constant: str) -> NoReturn:
    raise json.JSONDecodeError("NaN and infinities are no JSON.", constant, 0)


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise json.JSONDecodeError("An object repeats a name.", "", 0)
    return result
