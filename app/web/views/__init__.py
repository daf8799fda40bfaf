"""`ClinicView`: the one base on which a table's screens are a few declared lines.

It keeps Flask-AppBuilder's declarations (columns, actions as methods, permissions) and replaces what is unsafe
or slow by default: see docs/decisions.
"""

from app.web.views.bulk import BulkAction, BulkScreens
from app.web.views.editing import EditingScreens
from app.web.views.output import OutputScreens
from app.web.views.page import ClinicPage
from app.web.views.reading import ReadingScreens
from app.web.views.table import Inline


class ClinicView(BulkScreens, ReadingScreens, EditingScreens, OutputScreens):
    """The screens of one table: list, record, forms, chart, lookups, export."""


__all__ = ["BulkAction", "ClinicPage", "ClinicView", "Inline"]
