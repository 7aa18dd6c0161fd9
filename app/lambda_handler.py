"""The Lambda function's entry point: reads the settings, and hands API Gateway's events to the app."""

import os

from app.gateway import handler_for
from app.main import app, configure
from app.settings import Settings

configure(app, Settings.from_environment(os.environ))
handler = handler_for(app)
