"""The entry point of the Lambda function: configures the app and serves it to API Gateway."""

# ruff: noqa: E402 -- the statements between the imports make the later imports faster
import gc

# Objects that exist before the first event are never freed. Collecting garbage among them takes a tenth of a cold
# start.
gc.disable()

from app import quick_start  # noqa: F401, I001
import os

from app.api_gateway import make_handler
from app.main import app, configure
from app.observability import json_logging
from app.observability.metrics import REQUEST_WAITS_FOR_START
from app.settings import Settings
from app.slices import import_slices

settings = Settings.from_environment(os.environ)
json_logging.install(settings.stage)
configure(app, settings)
handler = make_handler(app)
if not REQUEST_WAITS_FOR_START:
    import_slices(app)

gc.freeze()
gc.enable()
