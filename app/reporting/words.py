"""What the columns of this room are called."""

from app.kernel.text import T, Text

LABELS: dict[str, Text] = {
    "metric_daily.metric": T("Measure"),
    "metric_daily.day": T("Day"),
    "metric_daily.doctor_number": T("Doctor"),
    "metric_daily.doctor": T("Doctor"),
    "metric_daily.value": T("Value"),
}
