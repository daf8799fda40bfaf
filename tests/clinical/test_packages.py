"""Sterile packages of a visit: linked by their number, refused with a sentence, asked for before a visit is closed."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clinical.models import Treatment, TreatmentSterilePackage
from app.clinical.rules import TreatmentStatus
from app.clinical.rules.packages import what_lacks
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.scheduling.rules import AppointmentStatus
from app.security.actions import change_setting
from app.stock.actions import judge_cycle
from app.stock.rules import CycleResult
from app.workflows import treating
from app.workflows.visit_moves import move_visit
from tests.factories import clinical, scheduling, stock
from tests.scheduling.common import at_once

HTMX = {"HX-Request": "true"}
PASS, FAIL = CycleResult.PASS, CycleResult.FAIL
ZONE = scheduling.ZONE


def use(visit, number):
    return lambda s: treating.use_package(s, visit.treatment_id, number, zone=ZONE).row_id


def linked(clinic):
    return clinic.count(TreatmentSterilePackage)


def test_what_lacks_is_said_of_the_worst_first():
    why = T("its sterilisation failed")
    assert what_lacks(False, []) is None
    assert what_lacks(True, []) is not None
    assert what_lacks(True, [("1", None)]) is None
    assert "2" in str(what_lacks(False, [("1", None), ("2", why)]).params)


def test_a_doctor_scans_a_package_and_takes_it_back(clinic):
    visit, package = clinic.make(clinical.treatment), clinic.make(stock.package, number="AB-000123")
    doctor = clinic.client("Doctor")
    target = f"/treatments/{visit.treatment_id}/packages"
    page = doctor.submit(target, {"number": " ab-000123 "}, headers=HTMX)
    assert page.status_code == 200
    assert package.number in page.text
    assert doctor.submit(target, {"number": "AB-000123"}, headers=HTMX).status_code == 409
    assert linked(clinic) == 1
    key = clinic.session.scalars(sa.select(TreatmentSterilePackage.treatment_sterile_package_id)).one()
    assert doctor.submit(f"{target}/{key}/remove", headers=HTMX).status_code == 200
    assert linked(clinic) == 0
    assert doctor.submit(target, {"number": "AB-000123"}).status_code == 303
    assert package.number in doctor.get(f"/treatments/{visit.treatment_id}").text


@pytest.mark.both
@pytest.mark.parametrize("case", ["unknown", "failed", "running", "expired", "used", "nonsense", "empty"])
def test_a_package_that_can_not_be_used_is_refused_with_a_sentence_on_its_field(clinic, case):
    visit, yesterday = clinic.make(clinical.treatment), stock.today() - timedelta(days=1)
    cycles = {"failed": FAIL, "running": None}
    package = clinic.make(
        stock.package,
        of=clinic.make(stock.cycle, result=cycles.get(case, PASS)),
        **({"expires_on": yesterday} if case == "expired" else {}),
    )
    if case == "used":
        clinic.make(clinical.opened_package, number=package.number)
    number = {"unknown": "999999", "nonsense": "💥'; --", "empty": " "}.get(case, package.number)
    before = linked(clinic)
    answer = clinic.client("Doctor").submit(
        f"/treatments/{visit.treatment_id}/packages", {"number": number}, headers=HTMX
    )
    assert answer.status_code == (409 if case == "used" else 422)
    assert 'id="number-error"' in answer.text
    assert linked(clinic) == before


@pytest.mark.both
def test_of_many_visits_that_open_one_package_at_once_one_has_it(clinic):
    package = clinic.make(stock.package)
    visits = [clinic.make(clinical.treatment) for _ in range(6)]
    results = at_once(clinic, [use(visit, package.number) for visit in visits])
    assert len([one for one in results if isinstance(one, int)]) == 1, results
    assert len([one for one in results if isinstance(one, Conflict)]) == 5, results


@pytest.mark.both
def test_a_cycle_called_failed_at_that_moment_knows_of_the_visit_or_refuses_the_package(clinic):
    from app.workflows import sterile

    for _ in range(5):
        package = clinic.make(stock.package)
        visit = clinic.make(clinical.treatment)
        cycle = package.sterilisation_cycle_id

        def judge(session, key=cycle):
            sterile.judge(session, key, FAIL, now=datetime.now(UTC))
            return len(sterile.queries.visits_of_cycle(session, key))

        opened, known = at_once(clinic, [use(visit, package.number), judge])
        assert isinstance(opened, RuleError) == (known == 0), (opened, known)


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("Admin", 200, 200), ("Doctor", 200, 200), ("Nurse", 200, 403), ("Assistant", 403, 403), ("Manager", 403, 403)],
)
def test_who_sees_and_who_links(clinic, role, reads, writes):
    link, other = clinic.make(clinical.opened_package), clinic.make(stock.package)
    browser, target = clinic.client(role), f"/treatments/{link.treatment_id}/packages"
    page = browser.get(f"/treatments/{link.treatment_id}")
    assert page.status_code == reads
    assert (f'action="{target}"' in page.text) == (writes == 200)
    assert browser.submit(target, {"number": other.number}, headers=HTMX).status_code == writes
    assert browser.submit(f"{target}/{link.row_id}/remove", headers=HTMX).status_code == writes
    assert browser.get("/opened-packages").status_code == (200 if role != "Assistant" and role != "Manager" else 403)


def test_another_visits_package_is_not_taken_off_here(clinic):
    link, visit = clinic.make(clinical.opened_package), clinic.make(clinical.treatment)
    doctor = clinic.client("Doctor")
    assert (
        doctor.submit(f"/treatments/{visit.treatment_id}/packages/{link.row_id}/remove", headers=HTMX).status_code
        == 404
    )
    assert doctor.submit("/treatments/999999/packages", {"number": "1"}, headers=HTMX).status_code == 404
    assert linked(clinic) == 1


def test_a_cancelled_visit_keeps_its_packages_and_takes_no_other(clinic):
    visit = clinic.make(clinical.treatment)
    clinic.make(clinical.item, visit=visit)
    link = clinic.make(clinical.opened_package, visit=visit)
    clinic.unit(lambda s: setattr(s.get_one(Treatment, visit.treatment_id), "status", TreatmentStatus.CANCELLED))
    doctor, other = clinic.client("Doctor"), clinic.make(stock.package)
    target = f"/treatments/{visit.treatment_id}/packages"
    assert doctor.submit(f"{target}/{link.row_id}/remove", headers=HTMX).status_code == 422
    assert doctor.submit(target, {"number": other.number}, headers=HTMX).status_code == 422
    assert linked(clinic) == 1


# --- before a visit is closed


def worked(clinic):
    """A visit in treatment with work."""
    row = clinic.make(scheduling.appointment, status=AppointmentStatus.IN_TREATMENT)
    visit = clinic.session.scalars(sa.select(Treatment).where(Treatment.appointment_id == row.appointment_id)).one()
    clinic.make(clinical.item, visit=visit)
    return row, visit


def status_of(clinic, visit):
    clinic.session.rollback()
    return clinic.session.get_one(Treatment, visit.treatment_id).status


def test_a_visit_with_work_and_no_package_warns_and_is_closed_by_a_second_click(clinic):
    _, visit = worked(clinic)
    doctor, target = clinic.client("Doctor"), f"/treatments/{visit.treatment_id}/done"
    page = doctor.submit(target)
    assert page.status_code == 422
    assert 'name="anyway"' in page.text
    assert status_of(clinic, visit) is TreatmentStatus.IN_PROGRESS
    assert doctor.submit(target, {"anyway": "1"}).status_code == 303
    assert status_of(clinic, visit) is TreatmentStatus.COMPLETED


def test_with_a_package_or_without_work_nothing_is_asked(clinic):
    _, visit = worked(clinic)
    clinic.make(clinical.opened_package, visit=visit)
    bare = clinic.make(clinical.treatment)
    for row in (visit, bare):
        assert clinic.client("Doctor").submit(f"/treatments/{row.treatment_id}/done").status_code == 303


def test_a_package_whose_cycle_failed_since_warns_too(clinic):
    _, visit = worked(clinic)
    package = clinic.make(stock.package)
    clinic.make(clinical.opened_package, visit=visit, number=package.number)
    clinic.unit(lambda s: judge_cycle(s, package.sterilisation_cycle_id, FAIL))
    page = clinic.client("Doctor").submit(f"/treatments/{visit.treatment_id}/done")
    assert page.status_code == 422
    assert package.number in page.text


def test_a_clinic_that_asks_for_packages_closes_no_visit_without(clinic):
    clinic.unit(lambda s: change_setting(s, "stock.packages_required", True, None))
    row, visit = worked(clinic)
    page = clinic.client("Doctor").submit(f"/treatments/{visit.treatment_id}/done", {"anyway": "1"})
    assert page.status_code == 422
    assert 'name="anyway"' not in page.text
    with pytest.raises(RuleError):
        clinic.unit(
            lambda s: move_visit(s, row.appointment_id, AppointmentStatus.TREATED, now=datetime.now(UTC), by=None)
        )
    walk_in = clinic.make(clinical.treatment)
    clinic.make(clinical.item, visit=walk_in)
    assert clinic.client("Doctor").submit(f"/treatments/{walk_in.treatment_id}/done").status_code == 422
    clinic.make(clinical.opened_package, visit=visit)
    clinic.unit(lambda s: move_visit(s, row.appointment_id, AppointmentStatus.TREATED, now=datetime.now(UTC), by=None))
    assert status_of(clinic, visit) is TreatmentStatus.COMPLETED


def test_the_board_says_it_when_the_visit_is_closed_there(clinic):
    row, visit = worked(clinic)
    desk = clinic.client("Receptionist")
    page = desk.submit(
        f"/appointments/{row.appointment_id}/move", {"to": "treated", "version": row.version}, headers=HTMX
    )
    assert page.status_code == 200
    assert "No sterile package" in page.text
    assert status_of(clinic, visit) is TreatmentStatus.COMPLETED


def test_the_page_of_a_visit_stays_within_its_statements_however_many_packages(clinic):
    visit = clinic.make(clinical.treatment)
    doctor = clinic.client("Doctor")

    def count():
        doctor.get(f"/treatments/{visit.treatment_id}")
        with clinic.statements() as seen:
            assert doctor.get(f"/treatments/{visit.treatment_id}").status_code == 200
        return len(seen)

    clinic.make(clinical.opened_package, visit=visit)
    few = count()
    for _ in range(5):
        clinic.make(clinical.opened_package, visit=visit)
    assert count() <= few <= 15
