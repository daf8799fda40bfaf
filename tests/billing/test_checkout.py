"""From the chair to the receipt: the visit's invoice, and the visit that is finished by its payment."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions, queries
from app.billing.actions import Tender
from app.billing.models import Invoice, InvoiceItem, Payment
from app.billing.rules import AdjustmentKind, InvoiceStatus, PaymentMethod, teeth_text
from app.clinical import actions as clinical_actions
from app.clinical.models import Treatment, TreatmentItem
from app.clinical.rules import TreatmentStatus
from app.kernel.errors import Conflict, NotFound, RuleError
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.workflows import checkout
from app.workflows.checkout import Terms
from app.workflows.visit_moves import move_visit
from tests.billing.books import differences
from tests.billing.test_races import at_once
from tests.factories import billing, clinical, scheduling
from tests.factories.clinic import Clinic

TERMS = Terms(due_days=14, vat_bp=0)
KEY = "0123456789abcdef0123456789abcdef"
S = AppointmentStatus


def visit(session: Session, prices: tuple[int, ...] = (), status: AppointmentStatus = S.TREATED) -> Treatment:
    """A visit with an appointment, and work at these prices."""
    appointment = scheduling.appointment(session, status=S.IN_TREATMENT)
    found = session.scalars(sa.select(Treatment).where(Treatment.appointment_id == appointment.appointment_id)).one()
    for price in prices:
        clinical.item(session, found, of=billing.service(session, price=price, default_scope=1))
    if status is S.TREATED:
        move_visit(session, appointment.appointment_id, S.TREATED, now=billing.posting().now, by=None)
    return found


def bill(clinic: Clinic, treatment: Treatment) -> Invoice | None:
    return clinic.unit(
        lambda s: checkout.invoice_from_visit(s, treatment.treatment_id, posting=billing.posting(), vat_bp=0)
    )


def items(clinic: Clinic, invoice: Invoice) -> list[InvoiceItem]:
    statement = sa.select(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id)
    return list(clinic.session.scalars(statement.order_by(InvoiceItem.invoice_item_id)))


def status(clinic: Clinic, treatment: Treatment) -> AppointmentStatus:
    return clinic.session.get_one(Appointment, treatment.appointment_id).status


def again(clinic: Clinic, row: Any) -> Any:
    return clinic.session.get_one(type(row), row.row_id)


def issue_and_pay(clinic: Clinic, invoice: Invoice, *tenders: Tender, **more: Any) -> list[Payment]:
    return clinic.unit(
        lambda s: checkout.issue_and_pay(
            s, invoice.invoice_id, tenders, **{"key": KEY, "posting": billing.posting(), "terms": TERMS, **more}
        )
    )


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        ([], None),
        (["36"], "36"),
        (["37", "36"], "36, 37"),
        ([f"{q}{i}" for q in (1, 2) for i in range(1, 9)], "18–28"),
        ([f"{q}{i}" for q in (1, 2, 3, 4) for i in range(1, 9)], "18–28, 48–38"),
        ([f"{q}{i}" for q in (5, 6) for i in range(1, 6)], "55–65"),
    ],
)
def test_teeth_as_the_patient_reads_them(codes: list[str], text: str | None) -> None:
    assert teeth_text(codes) == text


def test_a_visits_work_becomes_the_lines_of_a_draft(clinic: Clinic) -> None:
    treatment = clinic.make(visit)
    service = clinic.make(billing.service, price=60_000, default_scope=2)
    item = clinic.make(
        clinical.item, visit=treatment, of=service, teeth={"36": "", "37": ""}, quantity=2, discount=15_000
    )
    invoice = bill(clinic, treatment)
    assert invoice is not None
    (line,) = items(clinic, invoice)
    assert (line.service_id, line.treatment_item_id, line.teeth) == (
        service.service_id, item.treatment_item_id, "36, 37"
    )  # fmt: skip
    assert (line.quantity, line.unit_price, line.discount, invoice.total) == (2, 60_000, 15_000, 105_000)
    assert (invoice.status, invoice.patient_id) == (InvoiceStatus.DRAFT, treatment.patient_id)
    assert again(clinic, treatment).checkout_started_at is not None


@pytest.mark.both
def test_a_double_click_finds_the_same_draft(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))

    def click(session: Session) -> Any:
        return checkout.invoice_from_visit(
            session, treatment.treatment_id, posting=billing.posting(), vat_bp=0
        ).invoice_id  # type: ignore[union-attr]

    assert len(set(at_once(clinic, [click] * 8))) == 1
    assert clinic.count(Invoice) == 1
    assert clinic.count(InvoiceItem) == 1


@pytest.mark.both
def test_cash_for_a_treated_visit_finishes_it(clinic: Clinic) -> None:
    treatment = clinic.make(
        visit,
        prices=(
            80_000,
            20_000,
        ),
    )
    invoice = bill(clinic, treatment)
    assert invoice is not None
    half = [Tender(50_000, PaymentMethod.CASH), Tender(50_000, PaymentMethod.CARD)]
    payments = issue_and_pay(clinic, invoice, *half)
    assert [row.payment_id for row in issue_and_pay(clinic, invoice, *half)] == [row.payment_id for row in payments]
    assert again(clinic, invoice).status is InvoiceStatus.PAID
    assert status(clinic, treatment) is S.FINISHED
    assert again(clinic, treatment).checkout_completed_at is not None
    assert differences(clinic) == []


def test_a_part_payment_leaves_the_visit_open_until_the_rest_comes(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    issue_and_pay(clinic, invoice, Tender(50_000, PaymentMethod.CASH))
    assert status(clinic, treatment) is S.TREATED
    assert bill(clinic, treatment).invoice_id == invoice.invoice_id  # type: ignore[union-attr]
    clinic.unit(
        lambda s: checkout.take_payment(
            s, invoice.patient_id, [Tender(30_000, PaymentMethod.CASH)], key=KEY[::-1], posting=billing.posting()
        )
    )  # money on account settles it too
    assert status(clinic, treatment) is S.FINISHED


@pytest.mark.parametrize("way", ["credit", "waiver"])
def test_credit_and_a_waiver_finish_a_visit_too(clinic: Clinic, way: str) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    key, post = invoice.invoice_id, billing.posting()
    clinic.make(billing.pay, patient_id=invoice.patient_id, amount=80_000)
    clinic.unit(lambda s: checkout.issue(s, key, posting=post, terms=TERMS))
    assert status(clinic, treatment) is S.TREATED
    if way == "credit":
        clinic.unit(lambda s: checkout.use_credit(s, key, None, posting=post))
    else:
        clinic.unit(lambda s: checkout.adjust(s, key, AdjustmentKind.WAIVER, 80_000, "Баталгаат", posting=post))
    assert status(clinic, treatment) is S.FINISHED


def test_a_visit_with_nothing_to_pay_is_finished_at_once(clinic: Clinic) -> None:
    for prices in ((), (0,)):
        treatment = clinic.make(visit, prices=prices)
        assert bill(clinic, treatment) is None
        assert status(clinic, treatment) is S.FINISHED
    assert clinic.count(Invoice) == 0


def test_an_unknown_or_cancelled_visit_has_no_invoice(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(10_000,))

    def cancel(session: Session) -> None:
        session.get_one(Treatment, treatment.treatment_id).status = TreatmentStatus.CANCELLED

    clinic.unit(cancel)
    with pytest.raises(RuleError):
        bill(clinic, treatment)
    with pytest.raises(NotFound):
        clinic.unit(lambda s: checkout.invoice_from_visit(s, 987_654, posting=billing.posting(), vat_bp=0))


def test_work_that_was_added_later_is_named_and_taken_over(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    service = clinic.make(billing.service, price=5_000, default_scope=1)
    later = clinic.make(clinical.item, visit=treatment, of=service)
    found = queries.unbilled_items(clinic.session, treatment.treatment_id)
    assert [row.treatment_item_id for row in found] == [later.treatment_item_id]
    browser = clinic.client("Receptionist")
    assert "Take it over" in browser.get(f"/invoices/{invoice.invoice_id}").text
    answer = browser.submit(f"/invoices/from-visit/{treatment.treatment_id}/rest")
    assert answer.location.endswith(f"/invoices/{invoice.invoice_id}")
    assert again(clinic, invoice).total == 85_000
    assert "Take it over" not in browser.get(f"/invoices/{invoice.invoice_id}").text


def test_a_draft_whose_work_was_changed_is_not_issued_until_it_is_taken_over(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None

    def change(session: Session) -> None:
        item = session.scalars(
            sa.select(TreatmentItem).where(TreatmentItem.treatment_id == treatment.treatment_id)
        ).one()
        row = clinical_actions.locked_treatment(session, treatment.treatment_id)
        clinical_actions.change_item(
            session, row, item, {"quantity": 2}, None, writer=clinical.ANY, now=billing.posting().now
        )

    clinic.unit(change)
    with pytest.raises(Conflict):
        issue_and_pay(clinic, invoice, Tender(80_000, PaymentMethod.CASH))
    assert clinic.count(Payment) == 0
    assert bill(clinic, treatment).invoice_id == invoice.invoice_id  # type: ignore[union-attr]
    assert again(clinic, invoice).total == 160_000
    issue_and_pay(clinic, invoice, Tender(160_000, PaymentMethod.CASH))
    assert status(clinic, treatment) is S.FINISHED


def test_a_line_that_the_desk_took_off_stays_off(clinic: Clinic) -> None:
    treatment = clinic.make(
        visit,
        prices=(
            80_000,
            20_000,
        ),
    )
    invoice = bill(clinic, treatment)
    assert invoice is not None
    kept = items(clinic, invoice)[0]
    line = actions.Line(item_id=kept.invoice_item_id)
    clinic.unit(
        lambda s: actions.change_draft(
            s, actions.lock_invoice(s, invoice.invoice_id)[1], [line], vat_bp=0, allowance=actions.Allowance(),
            now=billing.posting().now,
        )
    )  # fmt: skip
    bill(clinic, treatment)
    assert again(clinic, invoice).total == 80_000
    issue_and_pay(clinic, invoice, Tender(80_000, PaymentMethod.CASH))
    assert status(clinic, treatment) is S.FINISHED


def test_after_a_void_the_visit_can_be_invoiced_again(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    first = bill(clinic, treatment)
    assert first is not None
    clinic.unit(lambda s: checkout.issue(s, first.invoice_id, posting=billing.posting(), terms=TERMS))
    clinic.make(billing.void, made=first)
    second = bill(clinic, treatment)
    assert second is not None
    assert (second.invoice_id != first.invoice_id, second.total) == (True, 80_000)
    assert differences(clinic) == []


def test_a_draft_that_somebody_changed_is_not_issued(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    with pytest.raises(Conflict):
        issue_and_pay(clinic, invoice, Tender(80_000, PaymentMethod.CASH), seen="older")
    seen = again(clinic, invoice).updated_at.isoformat()
    assert len(issue_and_pay(clinic, invoice, Tender(80_000, PaymentMethod.CASH), seen=seen)) == 1


@pytest.mark.both
def test_one_checkout_form_sent_at_once_is_one_invoice_and_one_payment(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    seen = again(clinic, invoice).updated_at.isoformat()

    def click(session: Session) -> Any:
        made = checkout.issue_and_pay(
            session, invoice.invoice_id, [Tender(80_000, PaymentMethod.CASH)], key=KEY, posting=billing.posting(),
            terms=TERMS, seen=seen,
        )  # fmt: skip
        return made[0].payment_id

    assert len(set(at_once(clinic, [click] * 8))) == 1
    assert (clinic.count(Payment), again(clinic, invoice).number) == (1, f"{clinic.today.year}-000001")
    assert status(clinic, treatment) is S.FINISHED
    assert differences(clinic) == []


# --- the pages


@pytest.mark.parametrize(
    ("role", "code"),
    [("Admin", 302), ("Receptionist", 302), ("Manager", 403), ("Coordinator", 403), ("Doctor", 403), ("Patient", 403)],
)
def test_who_makes_the_invoice_of_a_visit(clinic: Clinic, role: str, code: int) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    assert clinic.client(role).submit(f"/invoices/from-visit/{treatment.treatment_id}").status_code == code
    assert clinic.count(Invoice) == (1 if code == 302 else 0)


def test_who_only_reads_opens_the_invoice_that_is_there(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    invoice = bill(clinic, treatment)
    assert invoice is not None
    answer = clinic.client("Coordinator").submit(f"/invoices/from-visit/{treatment.treatment_id}")
    assert answer.location.endswith(f"/invoices/{invoice.invoice_id}")
    assert clinic.client("Coordinator").get(answer.location).status_code == 200


def test_from_treated_to_a_receipt_in_two_clicks_and_a_print(clinic: Clinic) -> None:
    treatment = clinic.make(visit, prices=(80_000,))
    browser = clinic.client("Receptionist")
    opened = browser.submit(f"/invoices/from-visit/{treatment.treatment_id}").location
    page = browser.get(opened).text
    invoice = clinic.session.scalars(sa.select(Invoice)).one()
    assert 'value="80,000"' in page
    data = {
        "key": KEY, "issue": "1", "lock_token": invoice.updated_at.isoformat(), "tenders-0-amount": "80,000",
        "tenders-0-method": "cash",
    }  # fmt: skip
    paid = browser.submit(f"{opened}/pay", data)
    payment = clinic.session.scalars(sa.select(Payment)).one()
    assert f"/payments/{payment.payment_id}.pdf" in browser.get(paid.location).text
    assert browser.get(f"/payments/{payment.payment_id}.pdf").data.startswith(b"%PDF")
    assert status(clinic, treatment) is S.FINISHED


def test_a_visits_invoice_page_takes_at_most_15_statements(clinic: Clinic) -> None:
    treatment = clinic.make(
        visit,
        prices=(
            80_000,
            20_000,
            30_000,
        ),
    )
    browser = clinic.client("Receptionist")
    path = browser.submit(f"/invoices/from-visit/{treatment.treatment_id}").location
    for is_issued in (False, True):
        if is_issued:
            invoice = clinic.session.scalars(sa.select(Invoice)).one()
            clinic.unit(lambda s, i=invoice: checkout.issue(s, i.invoice_id, posting=billing.posting(), terms=TERMS))
        browser.get(path)
        with clinic.statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= 15, seen
