"""The entry point of the worker function: handles the messages of the queue, and the events of its schedules."""

import logging
import os

from app.jobs.lambda_events import make_handler
from app.observability import json_logging
from app.settings import Settings
from app.worker_bootstrap import build_heartbeat, build_worker

settings = Settings.from_environment(os.environ)
json_logging.install(settings.stage)
logging.getLogger("app").setLevel(settings.log_level)
handler = make_handler(build_worker(settings), build_heartbeat(settings))
