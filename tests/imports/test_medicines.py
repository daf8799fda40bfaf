"""A list becomes medicines, known by name, form and strength."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.catalogue.models import Medicine
from app.catalogue.rules import MedicineForm, TaxType
from app.kernel.lists import Fate
from app.workflows.imports import MEDICINES
from app.workflows.imports.keyed import ListFault
from tests.factories import catalogue, stock
from tests.imports.lists import bring_in, command, counts, decide, fates, keep, said, upload, work

DATA = Path(__file__).resolve().parents[2] / "app" / "catalogue" / "data" / "medicines.csv"
HEADER = ["Эмийн нэр", "Олон улсын нэр", "Хэлбэр", "Тун", "Харшил", "Үнэ", "SKU"]
GOOD = ["Дентамол", "Paracetamol", "шахмал", "500 мг", "", "", ""]


def row(**changes: str) -> list[str]:
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def medicine(clinic: Any, name: str = "Дентамол") -> Medicine:
    return clinic.session.scalars(sa.select(Medicine).where(Medicine.name == name)).one()


@pytest.mark.both
def test_a_list_is_imported_and_the_same_list_again_adds_nothing(clinic: Any, tmp_path: Path) -> None:
    rows = [HEADER, *(row(Тун=f"{n} мг") for n in range(1, 60)), row(Хэлбэр="аварга"), [""], row(Тун="999 мг")]
    before = clinic.count(Medicine)
    dry = counts(command(clinic, "medicines", keep(tmp_path, rows), "--dry-run"))
    assert clinic.count(Medicine) == before
    expected = {"rows": 62, "added": 60, "updated": 0, "duplicate": 0, "blank": 1, "refused": 1}
    assert dry == counts(command(clinic, "medicines", keep(tmp_path, rows))) == expected
    again = {**expected, "added": 0, "duplicate": 60}
    assert counts(command(clinic, "medicines", keep(tmp_path, rows))) == again
    assert counts(command(clinic, "medicines", keep(tmp_path, rows), "--update")) == again
    assert clinic.count(Medicine) == before + 60


@pytest.mark.both
def test_what_is_imported_is_a_whole_medicine_and_linked_to_its_item(clinic: Any) -> None:
    item = clinic.make(stock.item, sku="MED-77")
    verdicts = bring_in(clinic, MEDICINES, [HEADER, row(Харшил="Penicillins, аспирин", Үнэ="1,500 ₮", SKU="med-77")])
    assert fates(verdicts) == [Fate.OK], said(verdicts[0])
    made = medicine(clinic)
    assert (made.generic_name, made.form, made.strength) == ("Paracetamol", MedicineForm.TABLET, "500 мг")
    assert (made.allergens, made.sale_price, made.tax_type) == (["penicillin", "aspirin"], 1_500, TaxType.VAT_ABLE)
    assert made.inventory_item_id == item.inventory_item_id


@pytest.mark.both
def test_however_it_is_written_it_is_the_same_medicine(clinic: Any) -> None:
    known = clinic.make(catalogue.medicine, name="Дентамол", strength="500 мг", allergens=["aspirin"])
    rows = [HEADER, row(**{"Эмийн нэр": "ДЕНТАМОЛ ", "Тун": "500мг", "Хэлбэр": "Tablet", "Үнэ": "900"})]
    assert fates(bring_in(clinic, MEDICINES, rows)) == [Fate.DUPLICATE]
    clinic.session.rollback()
    assert fates(bring_in(clinic, MEDICINES, rows, update=True)) == [Fate.CHANGED]
    changed = clinic.session.get(Medicine, known.medicine_id)
    clinic.session.refresh(changed)
    assert (changed.name, changed.sale_price, changed.generic_name) == ("Дентамол", 900, "Paracetamol")
    assert (changed.allergens, changed.tax_type) == (["aspirin"], known.tax_type), "what the list leaves out stays"
    other = [HEADER, row(Тун="2.5 мг"), row(Тун="25 мг")]
    assert fates(decide(clinic, MEDICINES, other)) == [Fate.OK, Fate.OK], "ten times as much is another one"


def test_without_the_right_the_sale_price_stays(clinic: Any) -> None:
    clinic.make(catalogue.medicine, name="Дентамол", strength="500 мг")
    rows = [HEADER, row(Үнэ="900"), row(Тун="1 г", Үнэ="900"), row(Тун="2 г")]
    verdicts = bring_in(clinic, MEDICINES, rows, update=True, may_price=False)
    assert fates(verdicts) == [Fate.REFUSED, Fate.REFUSED, Fate.OK]
    assert verdicts[0].refusals[0].fault is ListFault.PRICE


@pytest.mark.parametrize(
    ("column", "typed", "fault"),
    [
        ("Эмийн нэр", "", ListFault.MISSING),
        ("Эмийн нэр", "x" * 121, ListFault.VALUE),
        ("Хэлбэр", "", ListFault.MISSING),
        ("Хэлбэр", "аварга", ListFault.VALUE),
        ("Тун", "", ListFault.MISSING),
        ("Харшил", "аспирин, сар", ListFault.VALUE),
        ("Үнэ", "-5", ListFault.VALUE),
        ("Үнэ", "1E+30", ListFault.VALUE),
        ("Үнэ", "2026-02-30", ListFault.VALUE),
        ("SKU", "NO-SUCH", ListFault.UNKNOWN),
        ("SKU", "=cmd", ListFault.UNKNOWN),
    ],
)
def test_a_row_with_one_thing_wrong_says_that_one_thing(clinic: Any, column: str, typed: str, fault: ListFault) -> None:
    verdicts = bring_in(clinic, MEDICINES, [HEADER, row(**{column: typed}), row(Тун="1 г")])
    assert fates(verdicts) == [Fate.REFUSED, Fate.OK]
    assert [refusal.fault for refusal in verdicts[0].refusals] == [fault], said(verdicts[0])


def test_the_clinics_own_list_is_known(clinic: Any) -> None:
    result = counts(command(clinic, "medicines", str(DATA)))
    assert (result["added"], result["refused"]) == (0, 0)
    assert result["duplicate"] == result["rows"] > 30


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_what_is_exported_can_be_imported_again(clinic: Any, tmp_path: Path, locale: str) -> None:
    data = clinic.client("Admin", locale=locale).get("/medicines/export.csv").data
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    result = counts(command(clinic, "medicines", str(path), "--update"))
    assert (result["added"], result["updated"], result["refused"]) == (0, 0, 0)
    assert result["duplicate"] == clinic.count(Medicine)


@pytest.mark.both
@pytest.mark.parametrize("locale", ["mn", "en"])
def test_the_list_to_fill_in_is_imported_by_page(clinic: Any, locale: str) -> None:
    admin = clinic.client("Admin", locale=locale)
    sample = admin.get("/medicines/import/sample.csv").text.removeprefix("\ufeff")
    assert len(list(csv.reader(io.StringIO(sample)))) == 3
    before = clinic.count(Medicine)
    address = upload(admin, "/medicines", sample.encode()).location
    work(clinic)
    assert admin.get(address).status_code == 200
    started = admin.submit(f"{address}/start").location
    work(clinic)
    assert admin.get(started).status_code == 200
    assert clinic.count(Medicine) == before + 2


@pytest.mark.parametrize("role", ["Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_who_may_not_is_refused(clinic: Any, role: str) -> None:
    browser = clinic.client(role)
    assert browser.get("/medicines/import").status_code == 403
    assert upload(browser, "/medicines", b"x").status_code == 403
    assert "/medicines/import" not in browser.get("/medicines/list/").text


def test_who_may_finds_the_way_from_the_list(clinic: Any) -> None:
    assert "/medicines/import" in clinic.client("Admin").get("/medicines/list/").text
