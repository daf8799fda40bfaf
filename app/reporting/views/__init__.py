"""The reports, and the table of kept sums."""

from typing import Any

from app.reporting.views.metrics import MetricDailyView

VIEWS: tuple[Any, ...] = (MetricDailyView,)
