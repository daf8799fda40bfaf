"""Giving files back: the original as a download and nothing else, the preview as a picture that was made here.

A browser can make nothing of either but what it says it is: no sniffing, no scripts, no page of ours around it.
"""

from typing import Any

from flask import Response, send_file
from flask_appbuilder import expose

from app.audit.rules import AuditAction
from app.clinical.views.files.looking import PAGE, looked_at, path_of
from app.files.content import images
from app.files.rules import JPEG
from app.web.access import reads
from app.web.views import ClinicPage

HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "none",
}


class FilePage(ClinicPage):
    """A file by the number of its row, after the look at its patient."""

    page, route_base = PAGE, "/files"

    @expose("/<int:pk>")
    @reads
    def original(self, pk: int) -> Response:
        """The file as it came."""
        row = looked_at(pk, AuditAction.EXPORT)
        stored, path = row.file, path_of(row.file)
        return _given(path, stored.media_type, as_attachment=True, download_name=stored.original_name)

    @expose("/<int:pk>/preview")
    @reads
    def preview(self, pk: int) -> Response:
        """The picture as the viewer shows it."""
        return _given(path_of(looked_at(pk, what="preview").preview), JPEG)

    @expose("/<int:pk>/thumb")
    @reads
    def thumb(self, pk: int) -> Response:
        """The picture as small as a list shows it."""
        path = path_of(looked_at(pk, what="thumb").preview)
        return Response(images.small(path.read_bytes()), mimetype=JPEG, headers=HEADERS)


def _given(path: Any, media_type: str, **more: Any) -> Response:
    answer = send_file(path, mimetype=media_type, conditional=False, etag=False, max_age=None, **more)
    answer.headers.update(HEADERS)
    return answer
