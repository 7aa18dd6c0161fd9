"""The entry point of the Lambda function: configures the app and serves it to API Gateway."""

# ruff: noqa: E402 -- the statements between the imports make the later imports faster
import gc

# Objects that exist before the first event are never freed. Collecting garbage among them takes a tenth of a cold
# start.
gc.disable()

from pydantic import BaseModel

# FastAPI's models of an OpenAPI document are built on first use, because few processes serve the document.
BaseModel.model_config["defer_build"] = True
import fastapi.openapi.models  # noqa: F401 -- imported early, so that only these models are deferred

del BaseModel.model_config["defer_build"]

import os

from app.api_gateway import make_handler
from app.main import app, configure
from app.observability import json_logging
from app.settings import Settings

settings = Settings.from_environment(os.environ)
json_logging.install(settings.stage)
configure(app, settings)
handler = make_handler(app)

gc.freeze()
gc.enable()
