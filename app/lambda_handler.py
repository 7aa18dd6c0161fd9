"""The Lambda function's entry point: reads the settings, and hands API Gateway's events to the app."""

import asyncio
import os

from app import logs
from app.gateway import handler_for
from app.main import app, configure
from app.settings import Settings

# Mangum asks for the thread's event loop, which newer Pythons do not make by themselves.
asyncio.set_event_loop(asyncio.new_event_loop())
settings = Settings.from_environment(os.environ)
logs.install(settings.stage)
configure(app, settings)
handler = handler_for(app)
