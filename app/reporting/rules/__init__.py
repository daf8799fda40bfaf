"""What is kept for each day, which days are still open, and what a period is compared with.

Source: rules.md, Measures; look.md, Numbers.
"""

from app.reporting.rules.closing import REOPENED_DAYS, days_to_close
from app.reporting.rules.metrics import CLINIC, CLINIC_ONLY, Metric, Scope
from app.reporting.rules.periods import (
    Period,
    Preset,
    Step,
    before,
    bucket_of,
    buckets,
    check_period,
    months_around,
    months_in,
    months_within,
    period_of,
    step_for,
)
from app.reporting.rules.shares import ratio, share_bp

__all__ = [
    "CLINIC",
    "CLINIC_ONLY",
    "REOPENED_DAYS",
    "Metric",
    "Period",
    "Preset",
    "Scope",
    "Step",
    "before",
    "bucket_of",
    "buckets",
    "check_period",
    "days_to_close",
    "months_around",
    "months_in",
    "months_within",
    "period_of",
    "ratio",
    "share_bp",
    "step_for",
]
