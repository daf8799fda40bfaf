"""Paper: every kind of document says Mongolian in Mongolian letters, in both languages, in our own font."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.billing.actions import Line
from tests.factories import billing, clinical, lab, people, scheduling
from tests.factories.clinic import Clinic

NAMES = {"first_name": "Өлзийбаяр", "last_name": "Үүрийнтуяа"}
LETTERS = "Өө Үү Ёё Щщ №"
TEMPLATES = Path(__file__).resolve().parents[2] / "app" / "templates" / "pdf"


def _invoice(clinic: Clinic) -> str:
    owner = clinic.make(people.patient, **NAMES)
    invoice = clinic.make(billing.invoice, patient=owner, lines=[Line(text=LETTERS, unit_price=1_250_000)])
    return f"/invoices/{invoice.invoice_id}.pdf"


def _receipt(clinic: Clinic) -> str:
    owner = clinic.make(people.patient, **NAMES)
    invoice = clinic.make(billing.invoice, patient=owner, lines=[Line(text=LETTERS, unit_price=1_250_000)])
    return f"/payments/{clinic.make(billing.pay, made=invoice, amount=1_250_000).payment_id}.pdf"


def _prescription(clinic: Clinic) -> str:
    visit = clinic.make(clinical.treatment, patient=clinic.make(people.patient, **NAMES))
    written = clinic.make(clinical.prescription, visit=visit, dosage=LETTERS)
    return f"/prescriptions/{written.prescription_id}.pdf"


# template → (who prints it, its address, what stands on it in Mongolian and in English)
PAPERS: dict[str, tuple[str, Callable[[Clinic], str], str, str]] = {
    "invoice.html": ("Receptionist", _invoice, "Нэхэмжлэх", "Invoice"),
    "receipt.html": ("Receptionist", _receipt, "Төлбөр", "Receipt"),
    "prescription.html": ("Doctor", _prescription, "Жор", "Prescription"),
}


def _lab_request(clinic: Clinic) -> str:
    owner = clinic.make(people.patient, **NAMES)
    return f"/lab-requests/{clinic.make(lab.request, patient=owner, description=LETTERS).lab_request_id}.pdf"


def _day(clinic: Clinic) -> str:
    visit = clinic.make(scheduling.appointment, patient=clinic.make(people.patient, **NAMES))
    return f"/calendar/print?day={visit.start_at.astimezone(scheduling.ZONE).date()}"


# Those that say everything in both languages, those that hold sums alone, and what is printed in its reader's language.
OTHERS: dict[str, tuple[str, Callable[[Clinic], str]]] = {
    "calendar_day.html": ("Receptionist", _day),
    "lab_request.html": ("Doctor", _lab_request),
    "looks.html": ("Admin", lambda clinic: f"/audit/patients/{clinic.make(people.patient).patient_id}.pdf"),
    "report.html": ("Manager", lambda _: "/reports/revenue/export.pdf"),
}


def told(program: str, data: bytes, folder: Path) -> str:
    """What a program of poppler says of a PDF."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs poppler-utils")
        pytest.skip("needs poppler-utils")
    path = folder / "paper.pdf"
    path.write_bytes(data)
    command = [program, str(path), *(["-"] if program == "pdftotext" else [])]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def test_every_kind_of_paper_is_tested() -> None:
    assert {path.name for path in TEMPLATES.glob("*.html")} == {*PAPERS, *OTHERS, "base.html"}


@pytest.mark.parametrize("locale", ["mn", "en"])
@pytest.mark.parametrize("template", PAPERS)
def test_every_letter_of_a_paper_can_be_read(clinic: Clinic, tmp_path: Path, template: str, locale: str) -> None:
    role, address, mongolian, english = PAPERS[template]
    path = address(clinic)
    data = clinic.client(role).get(f"{path}?lang={locale}").data
    text = told("pdftotext", data, tmp_path).replace("\u00a0", " ")
    assert "Өлзийбаяр" in text
    for letters in LETTERS.split():
        assert letters in text
    if template != "prescription.html":
        assert "1,250,000 ₮" in text
    assert {"mn": mongolian, "en": english}[locale] in text
    assert {"mn": english, "en": mongolian}[locale] not in text
    assert not set("■□▯\ufffd") & set(text), "a letter that the font lacks is a box"


@pytest.mark.parametrize("template", OTHERS)
def test_a_paper_without_a_language_of_its_own_can_be_read(clinic: Clinic, tmp_path: Path, template: str) -> None:
    role, address = OTHERS[template]
    text = told("pdftotext", clinic.client(role, locale="mn").get(address(clinic)).data, tmp_path)
    if template == "lab_request.html":
        assert "Өлзийбаяр" in text
        assert all(letters in text for letters in LETTERS.split())
    assert re.search("[А-Яа-яӨөҮү]{4}", text)
    assert not set("■□▯\ufffd") & set(text), "a letter that the font lacks is a box"


@pytest.mark.parametrize("template", [*PAPERS, *OTHERS])
def test_the_only_fonts_on_paper_are_ours_and_lie_inside(clinic: Clinic, tmp_path: Path, template: str) -> None:
    role, address, *_ = {**PAPERS, **OTHERS}[template]
    fonts = told("pdffonts", clinic.client(role).get(address(clinic)).data, tmp_path).splitlines()[2:]
    used = [line for line in fonts if not line.startswith("Helvetica ")]  # named in every file, and never written with
    assert used
    assert all("+NotoSans-" in line and line.split()[-5:-2] == ["yes", "yes", "yes"] for line in used), fonts
