"""The dependencies of routes on reports."""

from typing import Annotated

from app.cases.reports import ReportRepository
from app.web.dependencies import provided

Reports = Annotated[ReportRepository, provided("reports")]
