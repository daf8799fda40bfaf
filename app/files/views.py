"""The rows of stored files, for an Admin: what lies in the instance's folder. Their names there are secret."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Session

from app.files.models import StoredFile
from app.files.rules import said_size
from app.files.words import LABELS
from app.kernel.text import T
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)
FILES = add_lookup(Lookup(StoredFile, by_text(StoredFile, "original_name").search, lambda row: said_size(row.bytes)))


class StoredFileView(ClinicView):
    """Files that were taken in: read only, never changed."""

    datamodel = SQLAInterface(StoredFile)
    page, route_base = "/system", "/stored-files"
    title_one, title_many = T("Stored file"), T("Stored files")
    list_columns = ("original_name", "media_type", "size", "uploader", "created_at")
    show_columns = (*list_columns, "sha256")
    search_columns = ("original_name", "media_type", "created_at")
    order_columns = ("original_name", "created_at")
    column_labels = {"size": T("Size")}
    definitions = [
        {"label": T("Files by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Bytes by month"), "group": "created_at", "series": [(aggregate_sum, "bytes")]},
        {"label": T("Files by type"), "group": "media_type", "series": [(aggregate_count, "")]},
    ]

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Sizes as people say them."""
        return {row.row_id: {"size": said_size(row.bytes)} for row in rows}


VIEWS: tuple[Any, ...] = (StoredFileView,)
