"""A price list becomes services: by command, by job and by page, on both databases."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.catalogue import queries
from app.catalogue.models import ServiceCatalog, ServicePrice
from app.catalogue.rules import Scope, TaxType, TreatmentStage
from app.kernel.lists import Fate
from app.workflows.imports import SERVICES, engine
from app.workflows.imports.keyed import ListFault
from tests.factories import catalogue
from tests.imports.lists import bring_in, command, counts, decide, fates, keep, last_job, said, upload, work

DATA = Path(__file__).resolve().parents[2] / "app" / "catalogue" / "data" / "services.csv"
HEADER = ["Код", "Төрөл", "Нэр", "Үнэ", "Минут"]
GOOD = ["NEW-01", "THERAPY", "Шинэ ломбо", "90,000 ₮", "40"]


def row(**changes: str) -> list[str]:
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def service(clinic: Any, code: str) -> ServiceCatalog:
    return clinic.session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == code)).one()


# --- the command


@pytest.mark.both
def test_a_list_is_imported_and_the_same_list_again_adds_nothing(clinic: Any, tmp_path: Path) -> None:
    rows = [HEADER, *(row(Код=f"NEW-{n:03d}", Нэр=f"Ломбо {n}") for n in range(60)), row(Код="BAD", Үнэ="-1"), [""]]
    rows.append(row(Код="NEW-999"))
    before = clinic.count(ServiceCatalog)
    dry = counts(command(clinic, "services", keep(tmp_path, rows), "--dry-run"))
    assert clinic.count(ServiceCatalog) == before
    first = command(clinic, "services", keep(tmp_path, rows))
    expected = {"rows": 63, "added": 61, "updated": 0, "duplicate": 0, "blank": 1, "refused": 1}
    assert dry == counts(first) == expected
    assert "row 62: " in first.output
    again = counts(command(clinic, "services", keep(tmp_path, rows)))
    assert again == {**expected, "added": 0, "duplicate": 61}
    assert counts(command(clinic, "services", keep(tmp_path, rows), "--update")) == again, "nothing differs"
    assert clinic.count(ServiceCatalog) == before + 61
    assert clinic.count(ServicePrice, ServicePrice.price == 90_000) >= 61


@pytest.mark.both
def test_what_is_imported_is_a_whole_service(clinic: Any) -> None:
    header = [*HEADER, "Stage of treatment", "Teeth it concerns", "surfaces_required", "Recall after, months", "Tax"]
    words = ["filling", "one tooth", "yes", "6", "with vat"]
    assert fates(bring_in(clinic, SERVICES, [header, [*GOOD, *words]])) == [Fate.OK]
    made = service(clinic, "NEW-01")
    assert (made.price, made.default_duration_time, made.recall_months) == (90_000, 40, 6)
    assert (made.treatment_stage, made.default_scope) == (TreatmentStage.FILLING, Scope.SINGLE_TOOTH)
    assert (made.surfaces_required, made.tax_type, made.is_active) == (True, TaxType.VAT_ABLE, True)
    names = {made.doctor_display_name_mn, made.doctor_display_name_en, made.patient_display_name_mn}
    assert names == {made.patient_display_name_en} == {"Шинэ ломбо"}, "one name is enough"
    assert [price.price for price in queries.prices_of(clinic.session, [made.service_id])[made.service_id]] == [90_000]


def test_the_clinics_own_list_is_known(clinic: Any) -> None:
    result = counts(command(clinic, "services", str(DATA)))
    assert (result["added"], result["refused"]) == (0, 0)
    assert result["duplicate"] == result["rows"] > 100


# --- what is known already


@pytest.mark.both
def test_what_is_known_is_skipped_unless_it_is_to_be_updated(clinic: Any) -> None:
    known = clinic.make(catalogue.service, code="KNOWN", price=50_000)
    rows = [HEADER, row(Код="known", Нэр="Өөр нэр", Үнэ="60000", Минут="")]
    assert fates(bring_in(clinic, SERVICES, rows)) == [Fate.DUPLICATE]
    assert service(clinic, "KNOWN").price == 50_000
    verdict = decide(clinic, SERVICES, rows, update=True)[0]
    assert verdict.fate is Fate.CHANGED
    assert len(verdict.reasons) == 2, "the name and the price"
    clinic.session.rollback()
    assert fates(bring_in(clinic, SERVICES, rows, update=True)) == [Fate.CHANGED]
    changed = service(clinic, "KNOWN")
    assert (changed.price, changed.doctor_display_name_mn) == (60_000, "Өөр нэр")
    assert changed.default_duration_time == known.default_duration_time, "an empty cell changes nothing"
    prices = queries.prices_of(clinic.session, [changed.service_id])[changed.service_id]
    assert [price.price for price in prices] == [50_000, 60_000], "the history has both"
    clinic.session.rollback()
    assert fates(bring_in(clinic, SERVICES, rows, update=True)) == [Fate.DUPLICATE]


def test_without_the_right_prices_stay(clinic: Any) -> None:
    clinic.make(catalogue.service, code="KNOWN", price=50_000)
    rows = [HEADER, row(Код="KNOWN", Үнэ="60000"), row(Код="KNOWN-2"), row(Код="KNOWN-3", Үнэ="")]
    verdicts = bring_in(clinic, SERVICES, rows, update=True, may_price=False)
    assert fates(verdicts) == [Fate.REFUSED] * 3
    assert [verdict.refusals[0].fault for verdict in verdicts[:2]] == [ListFault.PRICE] * 2
    same = [HEADER, row(Код="KNOWN", Үнэ="50000", Нэр="Зөвхөн нэр")]
    assert fates(bring_in(clinic, SERVICES, same, update=True, may_price=False)) == [Fate.CHANGED]


@pytest.mark.both
def test_a_code_twice_in_the_list_is_told_with_the_row_of_the_first(clinic: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(engine, "UNIT", 2)
    rows = [HEADER, *(row(Код=f"T-{n % 4}", Нэр=f"Нэр {n}") for n in range(6))]
    for update in (False, True):
        verdicts = decide(clinic, SERVICES, rows, update=update)
        assert fates(verdicts) == [Fate.OK] * 4 + [Fate.REFUSED] * 2
    clinic.session.rollback()
    verdicts = bring_in(clinic, SERVICES, rows, update=True)
    assert fates(verdicts) == [Fate.OK] * 4 + [Fate.REFUSED] * 2, "in other units too"
    assert [verdict.reasons[0].params["problem"].params["line"] for verdict in verdicts[4:]] == [2, 3]
    assert service(clinic, "T-0").doctor_display_name_mn == "Нэр 0"


# --- what is refused


@pytest.mark.parametrize(
    ("column", "typed", "fault"),
    [
        ("Код", "", ListFault.MISSING),
        ("Код", "ЖЩ!!", ListFault.VALUE),
        ("Код", "=cmd|'/c calc'!A0", ListFault.VALUE),
        ("Код", "A" * 21, ListFault.VALUE),
        ("Төрөл", "", ListFault.MISSING),
        ("Төрөл", "Мөрөөдөл", ListFault.UNKNOWN),
        ("Үнэ", "", ListFault.MISSING),
        ("Үнэ", "-1", ListFault.VALUE),
        ("Үнэ", "1e30", ListFault.VALUE),
        ("Үнэ", "9" * 31, ListFault.VALUE),
        ("Үнэ", "2026-11-21", ListFault.VALUE),
        ("Үнэ", "30.000", ListFault.VALUE),
        ("Үнэ", "30,5", ListFault.VALUE),
        ("Үнэ", "үнэгүй", ListFault.VALUE),
        ("Минут", "7", ListFault.RULE),
        ("Минут", "0", ListFault.VALUE),
        ("Минут", "2026-11-21", ListFault.VALUE),
        ("Нэр", "x" * 3_000_000, ListFault.VALUE),
        ("Нэр", "", ListFault.MISSING),
    ],
)
def test_a_row_with_one_thing_wrong_says_that_one_thing(clinic: Any, column: str, typed: str, fault: ListFault) -> None:
    verdicts = bring_in(clinic, SERVICES, [HEADER, row(**{column: typed}), row(Код="FINE")])
    assert fates(verdicts) == [Fate.REFUSED, Fate.OK], "the others are not lost"
    assert [refusal.fault for refusal in verdicts[0].refusals] == [fault], said(verdicts[0])


def test_a_formula_in_a_name_stays_text(clinic: Any) -> None:
    assert fates(bring_in(clinic, SERVICES, [HEADER, row(Нэр="=1+1")])) == [Fate.OK]
    assert service(clinic, "NEW-01").doctor_display_name_mn == "=1+1"


@pytest.mark.both
def test_one_row_that_the_database_refuses_loses_no_other(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.workflows.imports import services

    real = services.actions.add_service

    def refuse_one(session: Any, values: Any, **facts: Any) -> Any:
        if values["code"] == "NEW-5":
            values = {**values, "doctor_display_name_mn": None}
        return real(session, values, **facts)

    monkeypatch.setattr(services.actions, "add_service", refuse_one)
    verdicts = bring_in(clinic, SERVICES, [HEADER, *(row(Код=f"NEW-{n}") for n in range(8))])
    assert [verdict.fate for verdict in verdicts].count(Fate.OK) == 7
    assert verdicts[5].refusals[0].fault is ListFault.STORAGE


def test_two_columns_of_one_name_are_asked_about(clinic: Any, tmp_path: Path) -> None:
    rows = [[*HEADER, "Үнэ"], [*GOOD, "95000"]]
    result = command(clinic, "services", keep(tmp_path, rows))
    assert result.exit_code == 1
    browser = clinic.client("Manager")
    address = upload(browser, "/services", Path(keep(tmp_path, rows)).read_bytes()).location
    assert work(clinic) == 0, "nothing is checked before somebody chose"
    words = ["code", "service_type", "doctor_display_name_mn", "price", "default_duration_time", ""]
    typed = {"header_row": "1", **{f"column-{i}": word for i, word in enumerate(words)}}
    assert browser.submit(address, {**typed, "column-5": "price"}).status_code == 422
    assert browser.submit(address, typed).status_code == 302
    assert work(clinic) == 1


# --- our own export


@pytest.mark.parametrize("locale", ["mn", "en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_can_be_imported_again(clinic: Any, tmp_path: Path, locale: str, kind: str) -> None:
    data = clinic.client("Manager", locale=locale).get(f"/services/export.{kind}").data
    path = tmp_path / f"list.{kind}"
    path.write_bytes(data)
    result = counts(command(clinic, "services", str(path), "--update"))
    assert (result["added"], result["updated"], result["refused"]) == (0, 0, 0), "nothing changed on the way"
    assert result["duplicate"] == clinic.count(ServiceCatalog)


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_an_exported_list_fills_another_clinic(clinic: Any, tmp_path: Path, locale: str) -> None:
    text = clinic.client("Manager", locale=locale).get("/services/export.csv").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    code = rows[0].index({"mn": "Код", "en": "Code"}[locale])
    for cells in rows[1:]:
        cells[code] = "X" + cells[code]
    before = clinic.count(ServiceCatalog)
    result = counts(command(clinic, "services", keep(tmp_path, rows)))
    assert (result["added"], result["refused"]) == (before, 0)
    old, new = service(clinic, "THE-01"), service(clinic, "XTHE-01")
    for name in ("price", "default_duration_time", "service_type_id", "is_active"):
        assert getattr(old, name) == getattr(new, name), name
    assert getattr(old, f"doctor_display_name_{locale}") == getattr(new, f"doctor_display_name_{locale}")


# --- the page


@pytest.mark.both
def test_a_list_is_brought_checked_updated_and_imported_by_page(clinic: Any) -> None:
    clinic.make(catalogue.service, code="KNOWN", price=50_000)
    manager = clinic.client("Manager", locale="mn")
    sample = manager.get("/services/import/sample.csv").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(sample)))
    assert len(rows) == 3, "a header and two examples"
    known = ["KNOWN", *[""] * (len(rows[0]) - 1)]
    known[rows[0].index("Үнэ")] = "70,000"
    text = io.StringIO()
    csv.writer(text).writerows([*rows, known, [*known[:1], "?"]])
    address = upload(manager, "/services", text.getvalue().encode()).location
    assert "hx-get" in manager.get(address).text
    assert work(clinic) == 1
    with clinic.statements() as seen:
        checked = manager.get(address).text
    assert len(seen) <= 15
    assert [f'<div class="figure">{count}</div>' in checked for count in (2, 1)] == [True, True]
    assert "ListColumn" not in checked
    assert "Үйлчилгээний төрөл</option>" in checked
    words = {f"column-{i}": c.value for i, c in enumerate(SERVICES.columns)}
    assert manager.submit(address, {"header_row": "1", "update": "1", **words}).status_code == 302
    work(clinic)
    assert last_job(clinic).result["fates"] == {"ok": 2, "changed": 1, "refused": 1}
    started = manager.submit(f"{address}/start").location
    assert manager.submit(f"{address}/start").location == started, "a double click is one import"
    assert 'role="progressbar"' in manager.get(started).text
    assert work(clinic) == 1
    assert last_job(clinic).result["fates"] == {"ok": 2, "changed": 1, "refused": 1}
    assert last_job(clinic).progress == 100
    done = manager.get(started, headers={"HX-Request": "true"}).text
    assert "hx-get" not in done
    told = manager.get(f"{started}/rows.csv").text
    assert len(told.strip().splitlines()) == 2, "only what was not written"
    assert service(clinic, "KNOWN").price == 70_000
    key = service(clinic, "KNOWN").service_id
    assert [price.price for price in queries.prices_of(clinic.session, [key])[key]] == [50_000, 70_000]


def test_both_languages_say_why_a_row_was_refused(clinic: Any) -> None:
    manager = clinic.client("Manager", locale="en")
    data = "\n".join(";".join(cells) for cells in [HEADER, row(Төрөл="Мөрөөдөл"), row(Код="A", Үнэ="-5")]).encode()
    started = manager.submit(f"{upload(manager, '/services', data).location}/start").location
    work(clinic)
    texts = {}
    for locale in ("mn", "en"):
        text = clinic.client("Manager", locale=locale).get(f"{started}/rows.csv").text
        texts[locale] = [cells[-1] for cells in csv.reader(io.StringIO(text))][1:]
    assert "Мөрөөдөл" in texts["mn"][0]
    assert not any(char.isascii() and char.isalpha() for text in texts["mn"] for char in text)
    assert texts["mn"] != texts["en"]


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "utf-8-sig"])
def test_lists_in_other_encodings_are_read(clinic: Any, encoding: str) -> None:
    manager = clinic.client("Manager")
    header = [name.translate(str.maketrans("өүҮ", "єїЇ")) if encoding == "cp1251" else name for name in HEADER]
    text = "\r\n".join(";".join(cells) for cells in [header, row(Нэр="Ломбо", Үнэ="90000")])
    manager.submit(f"{upload(manager, '/services', text.encode(encoding)).location}/start")
    work(clinic)
    assert service(clinic, "NEW-01").doctor_display_name_mn == "Ломбо"


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04....", b'Code;Name\n"' + b"x" * 200_000]
)
def test_what_is_no_list_is_refused_with_a_sentence(clinic: Any, data: bytes) -> None:
    answer = upload(clinic.client("Manager"), "/services", data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


# --- who may


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_who_may_not_is_refused(clinic: Any, role: str) -> None:
    browser = clinic.client(role)
    assert browser.get("/services/import").status_code == 403
    assert upload(browser, "/services", b"x").status_code == 403
    assert "/services/import" not in browser.get("/services").text


@pytest.mark.parametrize("role", ["Admin", "Manager"])
def test_who_may_finds_the_way_from_the_list(clinic: Any, role: str) -> None:
    assert "/services/import" in clinic.client(role).get("/services/list/").text
    assert "/services/import" not in clinic.client(role).get("/service-types/list/").text
    assert clinic.client(role).get("/services/import").status_code == 200


def test_a_list_of_one_kind_is_not_opened_as_another(clinic: Any, tmp_path: Path) -> None:
    admin = clinic.client("Admin")
    address = upload(admin, "/services", Path(keep(tmp_path, [HEADER, GOOD])).read_bytes()).location
    key = address.rsplit("/", 1)[1]
    assert admin.get(f"/patients/import/{key}").status_code == 404
    started = admin.submit(f"{address}/start").location
    assert admin.get(started.replace("/services/", "/patients/")).status_code == 404
    assert admin.get(started).status_code == 200
