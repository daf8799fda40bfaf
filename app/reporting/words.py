"""What the columns of this room are called."""

from app.kernel.text import T, Text

LABELS: dict[str, Text] = {
    "metric_daily.metric": T("Measure"),
    "metric_daily.day": T("Day"),
    "metric_daily.doctor_number": T("Doctor"),
    "metric_daily.doctor": T("Doctor"),
    "metric_daily.value": T("Value"),
    "metric_monthly.metric": T("Measure"),
    "metric_monthly.month": T("Month"),
    "metric_monthly.doctor_number": T("Doctor"),
    "metric_monthly.doctor": T("Doctor"),
    "metric_monthly.value": T("Value"),
}
