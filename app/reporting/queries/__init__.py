"""Reads of the measures: kept, computed, compared."""

from app.reporting.queries.daily import measured
from app.reporting.queries.kept import closed_until, first_day, measures, months_of_days, totals
from app.reporting.queries.sql import Span
from app.reporting.queries.verify import Difference, closed_days, differing_month, first_difference, missing_day

__all__ = [
    "Difference",
    "Span",
    "closed_days",
    "closed_until",
    "differing_month",
    "first_day",
    "first_difference",
    "measured",
    "measures",
    "missing_day",
    "months_of_days",
    "totals",
]
