"""The reports, and the table of kept sums."""

from typing import Any

from app.reporting.views.metrics import MetricDailyView, MetricMonthlyView
from app.reporting.views.page import ReportsPage

VIEWS: tuple[Any, ...] = (ReportsPage, MetricDailyView, MetricMonthlyView)
