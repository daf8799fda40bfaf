"""`/swagger/v1`: the API described for people, and `/api/v1/_openapi`: for programs."""

from typing import Any

from flask import Response, current_app, jsonify, url_for
from flask_appbuilder import expose
from flask_appbuilder.api import BaseApi
from flask_appbuilder.api import expose as api_expose

from app.kernel.text import T
from app.web.access import reads
from app.web.api.documents import document
from app.web.api.rest import ClinicApi
from app.web.text import say
from app.web.views import ClinicPage

PAGE = "/swagger/v1"


class ApiDocument(BaseApi):
    """The OpenAPI document."""

    page, route_base = PAGE, "/api/v1"
    class_permission_name, base_permissions = PAGE, ["can_read", "can_write", "can_chart"]
    allow_browser_login, csrf_exempt = True, False

    @api_expose("/_openapi", methods=["GET"])
    @reads
    def openapi(self) -> Response:
        """Every table of the API, and signing in."""
        views = self.appbuilder.baseviews
        tables = [view for view in views if isinstance(view, ClinicApi)]
        made = document("Soyoo", tables, [view for view in views if hasattr(view, "paths")])
        made["components"]["securitySchemes"]["session"]["name"] = current_app.config["SESSION_COOKIE_NAME"]
        return jsonify(made)


class ApiPage(ClinicPage):
    """The document as a page to read and to try."""

    page, route_base = PAGE, "/swagger"

    @expose("/v1")
    @reads
    def index(self) -> Any:
        """Swagger UI inside our frame."""
        return self.render_template(
            "desk/api.html", title=say(T("REST API documentation")), document=url_for("ApiDocument.openapi")
        )


VIEWS: tuple[Any, ...] = (ApiDocument, ApiPage)
