"""The Lambda function's entry point: reads the settings, and hands API Gateway's events to the app."""

# ruff: noqa: E402 -- what stands between the imports makes the later ones quicker
import gc

# Nothing that is made before the first event is ever let go, and to look for it again and again is a tenth of a cold
# start.
gc.disable()

from pydantic import BaseModel

# FastAPI's models of an OpenAPI document, which hardly an event asks for, are built when they are first used.
BaseModel.model_config["defer_build"] = True
import fastapi.openapi.models  # noqa: F401 -- for all that is imported later

del BaseModel.model_config["defer_build"]

import asyncio
import os

from app.api_gateway import handler_for
from app.main import app, configure
from app.observability import json_logging
from app.settings import Settings

# Mangum asks for the thread's event loop, which newer Pythons do not make by themselves.
asyncio.set_event_loop(asyncio.new_event_loop())
settings = Settings.from_environment(os.environ)
json_logging.install(settings.stage)
configure(app, settings)
handler = handler_for(app)

gc.freeze()
gc.enable()
