"""Visits that belong together: moved together, and put back together."""

from app.workflows.series.back import put_back
from app.workflows.series.moving import KEPT, Moved, as_plain, from_plain, reschedule_together

__all__ = ["KEPT", "Moved", "as_plain", "from_plain", "put_back", "reschedule_together"]
