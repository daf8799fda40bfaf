"""Linking sterile packages to a visit, and taking them off it again."""

from typing import Any

from flask_appbuilder import expose

from app.clinical.views import screen
from app.clinical.views.packages import PackageForm
from app.clinical.views.treatment import PAGE
from app.web import saving, who
from app.web.access import writes
from app.web.forms import ClinicForm
from app.web.views import ClinicPage
from app.workflows import treating


class PackagesPage(ClinicPage):
    """The packages of a visit."""

    page, route_base = PAGE, "/treatments"

    @expose("/<int:pk>/packages", methods=["POST"])
    @writes
    def use(self, pk: int) -> Any:
        """A package was opened: its number, scanned or typed."""
        form, zone, status = PackageForm(), who.clinic().zone, 422
        if form.validate():
            number = form.number.data
            _, status = saving.save(form, lambda session: treating.use_package(session, pk, number, zone=zone).row_id)
        return screen.answer(pk, "packages", status, package=form)

    @expose("/<int:pk>/packages/<int:link>/remove", methods=["POST"])
    @writes
    def take_back(self, pk: int, link: int) -> Any:
        """It was not opened after all."""
        form = ClinicForm()
        _, status = saving.save(form, lambda session: treating.take_back_package(session, pk, link))
        return screen.answer(pk, "packages", status, package_problem=form)
