"""The base of pages that are no table: a flow with routes of its own."""

from typing import ClassVar

from flask_appbuilder import BaseView


class ClinicPage(BaseView):
    """A page that is no table: a flow. `page` is its row of the pages matrix."""

    page: ClassVar[str] = ""
    default_view = "index"

    def __init__(self) -> None:
        self.class_permission_name = self.page or type(self).__name__
        self.base_permissions = ["can_read", "can_write", "can_chart"] if self.page else []
        super().__init__()

    def update_redirect(self) -> None:
        """Flask-AppBuilder keeps addresses in the cookie, patients' names in them; we keep none."""
