"""How long a page takes in a clinic of 100 000 patients: `python -m bench.pages`.

Beside each page: its statements, how long the database works on them (SQL, by the driver alone), and how many times
longer the page takes than a bare query: 25 patients with their phones, read by the driver and written as a plain
table by a plain WSGI application.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from werkzeug.test import Client

from bench.clinics import add_arguments, by_driver, fetched, large_clinics, statements
from tests.factories.clinic import Clinic
from tests.web import crowd
from tests.web.crowd import Main

ROUNDS = 15
VISITS = 3  # of each status and kind, today
BARE = (
    "SELECT p.patient_id, p.card_number, p.register_number, p.first_name, p.last_name, p.birthday, p.last_seen_at, "
    "f.phone_number_val FROM (SELECT * FROM patient ORDER BY sort_name, patient_id LIMIT 25) p "
    "LEFT JOIN patient_phone f ON f.patient_id = p.patient_id ORDER BY p.sort_name, p.patient_id"
)
# who looks, at what
PAGES: dict[str, tuple[str, Callable[[Main], str]]] = {
    "list of patients": ("Receptionist", lambda _: "/patients"),
    "list, a name typed": ("Receptionist", lambda _: "/patients?q=мөнхбат"),
    "list, page 400": ("Receptionist", lambda _: "/patients?page=400"),
    "list by last visit": ("Receptionist", lambda _: "/patients?sort=last_seen_at&dir=desc"),
    "list of one gender": ("Receptionist", lambda _: "/patients?gender=female"),
    "search box": ("Receptionist", lambda _: "/search?q=мөнхбат"),
    "profile of a patient": ("Receptionist", lambda main: f"/patients/{main.patient}"),
    "profile, invoices": ("Receptionist", lambda main: f"/patients/{main.patient}?tab=invoices"),
    "form of a new patient": ("Receptionist", lambda _: "/patients/add"),
    "day board": ("Receptionist", lambda _: "/appointments"),
    "a doctor's day": ("Doctor", lambda _: "/dashboard"),
    "a manager's numbers": ("Manager", lambda _: "/dashboard"),
    "treatment page": ("Doctor", lambda main: f"/treatments/{main.treatment}"),
    "invoice": ("Receptionist", lambda main: f"/invoices/{main.invoice}"),
    "list of invoices": ("Receptionist", lambda _: "/invoices"),
    "chart of patients": ("Manager", lambda _: "/patients/chart/"),
    "invoice as PDF": ("Receptionist", lambda main: f"/invoices/{main.invoice}.pdf?lang=mn"),
}


def main(arguments: Sequence[str]) -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    add_arguments(parser)
    given = parser.parse_args(arguments)
    for clinic in large_clinics(given.database, given.patients):
        measure(clinic)
    return 0


def measure(clinic: Clinic) -> None:
    """Measure every page in this clinic, with a busy day in it."""
    doctor = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, doctor))
    clinic.unit(lambda s: crowd.grow(s, main, VISITS))
    browsers = {role: clinic.client(role) for role in {role for role, _ in PAGES.values()}}
    plain = Client(bare_page)
    floor = milliseconds(lambda: plain.get("/"))
    print(f"  {'page':<24} {'ms':>8} {'statements':>11} {'SQL ms':>8} {'ratio':>7}")
    print(f"  {'a bare query':<24} {floor:>8.2f} {1:>11} {bare_sql():>8.2f} {1:>7.1f}")
    for name, (role, path) in PAGES.items():
        took, count, sql = page(browsers[role], path(main))
        print(f"  {name:<24} {took:>8.2f} {count:>11} {sql:>8.2f} {took / floor:>7.1f}", flush=True)


def page(browser: Any, path: str) -> tuple[float, int, float]:
    """(milliseconds, statements, milliseconds of SQL by the driver) of a page on a warm process."""
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    with statements() as seen:
        browser.get(path)
    reads = [(sql, parameters) for sql, parameters in seen if sql.startswith("SELECT")]
    sql = min(sum(by_driver(*one) for one in reads) for _ in range(ROUNDS))
    return milliseconds(lambda: browser.get(path)), len(seen), sql


def milliseconds(work: Callable[[], object]) -> float:
    """The best of a few rounds: what else runs on the machine can only add."""
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1_000)
    return min(took)


def bare_sql() -> float:
    """Milliseconds of the bare query alone."""
    return min(fetched(BARE)[1] for _ in range(ROUNDS))


def bare_page(_environ: Any, start_response: Any) -> Iterable[bytes]:
    """The bare query as a page: what nothing can be faster than."""
    rows = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in fetched(BARE)[0])
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [f"<!doctype html><title>Patients</title><table>{rows}</table>".encode()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
