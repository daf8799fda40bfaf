"""Writing services and prices: history, rights, numbers, races."""

import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditLog
from app.catalogue import actions, queries, rules
from app.catalogue.models import ServiceCatalog, ServicePrice
from app.db import sqla, unit
from app.kernel.errors import NotAllowed, RuleError
from tests.factories import catalogue

DAY = date(2026, 3, 1)


def change(clinic, key, *, today=DAY, by=None, may_price=True, **values):
    def write(session):
        row = session.get(ServiceCatalog, key, with_for_update=True)
        return actions.change_service(session, row, values, today=today, by=by, may_price=may_price)

    return clinic.unit(write)


def history(clinic, key):
    return [(row.price, row.valid_from) for row in queries.prices_of(clinic.session, [key]).get(key, [])]


@pytest.mark.both
def test_a_new_service_has_its_first_price_from_its_first_day(clinic):
    user = clinic.user("Manager").id
    row = clinic.make(catalogue.service, price=90_000, today=DAY, by=user)
    price = clinic.session.scalars(sa.select(ServicePrice).where(ServicePrice.service_id == row.service_id)).one()
    assert (price.price, price.valid_from, price.changed_by) == (90_000, DAY, user)


@pytest.mark.both
def test_another_price_is_written_down_and_the_old_one_stays(clinic):
    row = clinic.make(catalogue.service, price=90_000, today=DAY)
    user = clinic.user("Admin").id
    change(clinic, row.service_id, price=95_000, today=DAY + timedelta(30), by=user)
    assert history(clinic, row.service_id) == [(90_000, DAY), (95_000, DAY + timedelta(30))]
    assert clinic.session.get(ServiceCatalog, row.service_id).price == 95_000
    prices = queries.prices_of(clinic.session, [row.service_id])[row.service_id]
    assert rules.price_on(prices, DAY + timedelta(29)) == 90_000
    assert prices[-1].changed_by == user
    assert clinic.count(AuditLog, AuditLog.table == "service_price", AuditLog.row == str(prices[-1].row_id)) == 1


def test_a_change_that_leaves_the_price_alone_writes_no_price(clinic):
    row = clinic.make(catalogue.service, today=DAY)
    change(clinic, row.service_id, warranty_months=24, price=row.price)
    change(clinic, row.service_id, doctor_display_name_mn="Шинэ нэр")
    assert len(history(clinic, row.service_id)) == 1


def test_a_price_without_the_right_is_refused_on_its_field_and_nothing_is_written(clinic):
    row = clinic.make(catalogue.service, price=90_000, today=DAY)
    with pytest.raises(NotAllowed) as refusal:
        change(clinic, row.service_id, price=1, doctor_display_name_mn="Хямд", may_price=False)
    assert refusal.value.field == "price"
    assert history(clinic, row.service_id) == [(90_000, DAY)]
    assert clinic.session.get(ServiceCatalog, row.service_id).doctor_display_name_mn != "Хямд"


def test_everything_else_may_be_changed_without_the_right(clinic):
    row = clinic.make(catalogue.service, today=DAY)
    change(clinic, row.service_id, price=row.price, is_active=False, may_price=False)
    assert not clinic.session.get(ServiceCatalog, row.service_id).is_active


def test_a_refused_service_leaves_neither_service_nor_price(clinic):
    before = clinic.count(ServiceCatalog), clinic.count(ServicePrice)
    with pytest.raises(RuleError):
        clinic.make(catalogue.service, default_duration_time=31)
    assert (clinic.count(ServiceCatalog), clinic.count(ServicePrice)) == before


def test_the_code_of_a_service_stays(clinic):
    row = clinic.make(catalogue.service, code="mine-1")
    assert row.code == "MINE-1"
    change(clinic, row.service_id, code="OTHER")
    assert clinic.session.get(ServiceCatalog, row.service_id).code == "MINE-1"


@pytest.mark.both
def test_the_same_code_or_number_twice_is_refused_by_the_database(clinic):
    row = clinic.make(catalogue.service, code="ONE")
    with pytest.raises(IntegrityError):
        clinic.make(catalogue.service, code="one")
    with pytest.raises(IntegrityError):
        clinic.make(catalogue.service, display_number=row.display_number)


def test_numbers_count_up_within_a_type_and_a_moved_service_stands_last(clinic):
    kind = clinic.make(catalogue.service_type)
    rows = [clinic.make(catalogue.service, service_type_id=kind.service_type_id) for _ in range(3)]
    assert [row.display_number for row in rows] == [1, 2, 3]
    assert clinic.make(catalogue.service, service_type_id=kind.service_type_id, display_number=10).display_number == 10
    moved = clinic.make(catalogue.service, display_number=700)
    change(clinic, moved.service_id, service_type_id=kind.service_type_id)
    assert clinic.session.get(ServiceCatalog, moved.service_id).display_number == 11
    change(clinic, rows[0].service_id, display_number=None)
    assert clinic.session.get(ServiceCatalog, rows[0].service_id).display_number == 12


def test_an_unknown_type_is_refused_on_its_field(clinic):
    with pytest.raises(RuleError) as refusal:
        clinic.make(catalogue.service, service_type_id=999_999)
    assert refusal.value.field == "service_type_id"


@pytest.mark.both
def test_ten_services_added_at_once_get_ten_numbers(clinic):
    kind = clinic.make(catalogue.service_type).service_type_id
    failures = []
    gate = threading.Barrier(10)

    def add(number):
        with clinic.app.app_context():
            try:
                gate.wait()
                unit(lambda session: catalogue.service(session, service_type_id=kind, code=f"RACE-{number}"))
            except Exception as error:
                failures.append(error)
            finally:
                sqla.session.remove()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    rows = clinic.session.scalars(
        sa.select(ServiceCatalog.display_number).where(ServiceCatalog.service_type_id == kind)
    )
    assert sorted(rows) == list(range(1, 11))


def test_a_medicines_sale_price_needs_the_right(clinic):
    row = clinic.make(catalogue.medicine, sale_price=5_000)

    def write(session, **kwargs):
        found = session.get(type(row), row.medicine_id, with_for_update=True)
        values = {"name": found.name, "sale_price": found.sale_price, "allergens": found.allergens}
        return actions.save_medicine(session, found, {**values, **kwargs}, may_price=False)

    with pytest.raises(NotAllowed) as refusal:
        clinic.unit(lambda session: write(session, sale_price=1))
    assert refusal.value.field == "sale_price"
    clinic.unit(lambda session: write(session, name="Өөр нэр", allergens=["latex"]))
    found = queries.medicines_by_id(clinic.session, [row.medicine_id])[row.medicine_id]
    assert (found.name, found.sale_price, found.allergens) == ("Өөр нэр", 5_000, ["latex"])
