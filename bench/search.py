"""How long the search for a patient takes among 100 000, on SQLite and MariaDB: `python -m bench.search --large`.

For each way of typing: the median and the slowest time the database worked (SQL), the median of the whole search,
and beside it a bare query of the same range, without the application. Exits 1 where a budget of the issue is
exceeded: 5 ms of SQL for the start of a word and the start or end of a number, 100 ms for any other part.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from app.db import sqla
from app.kernel.folding import fold
from app.people import queries
from app.people.models import Patient, PatientPhone
from bench.clinics import add_arguments, by_driver, clinics, statements

SAMPLES, ROUNDS, PAGE = 40, 3, 25
START_MS, PART_MS = 5.0, 100.0
Typed = Callable[[Patient, str], str]
# what is typed of a patient and one of their phones, and the budget in milliseconds of SQL
WAYS: dict[str, tuple[Typed, float]] = {
    "3 letters of a name": (lambda p, _: p.first_name[:3], START_MS),
    "a whole name": (lambda p, _: p.first_name, START_MS),
    "a whole name in Latin": (lambda p, _: fold(p.first_name), START_MS),
    "one letter": (lambda p, _: p.last_name[:1] if p.last_name else "", START_MS),
    "4 first digits of a phone": (lambda _, phone: phone[4:8], START_MS),
    "4 last digits of a phone": (lambda _, phone: phone[-4:], START_MS),
    "a whole phone": (lambda _, phone: phone, START_MS),
    "start of a register number": (lambda p, _: (p.register_number or "")[:6], START_MS),
    "4 last of a register number": (lambda p, _: (p.register_number or "")[-4:], START_MS),
    "a register number's digits": (lambda p, _: (p.register_number or "")[2:], START_MS),
    "a card number": (lambda p, _: p.card_number, START_MS),
    "inside a name": (lambda p, _: p.first_name[2:6], PART_MS),
    "inside a phone": (lambda _, phone: phone[6:10], PART_MS),
    "inside a register number": (lambda p, _: (p.register_number or "")[4:8], PART_MS),
    "two names": (lambda p, _: f"{p.last_name} {p.first_name}", PART_MS),
    "starts of two names": (lambda p, _: f"{(p.last_name or '')[:3]} {p.first_name[:4]}", PART_MS),
    "somebody who isn't there": (lambda p, _: f"щ{p.first_name[:2]}щ", PART_MS),
}


def main(arguments: Sequence[str]) -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--explain", action="store_true", help="also print how each database goes about it")
    given = parser.parse_args(arguments)
    is_good = True
    for clinic in clinics(given):
        with clinic.app.app_context():
            is_good = measure(given.explain) and is_good
    return 0 if is_good else 1


def measure(explain: bool) -> bool:
    """Measure every way of typing. Returns whether all stay within their budget."""
    session = sqla.session()
    chance = random.Random(7)  # noqa: S311 - the same sample each time
    most = session.scalar(sa.select(sa.func.max(Patient.patient_id))) or 1
    ids = [chance.randrange(1, most + 1) for _ in range(SAMPLES)]
    patients = session.scalars(sa.select(Patient).where(Patient.patient_id.in_(ids))).all()
    numbers = sa.select(PatientPhone.patient_id, PatientPhone.phone_number_val)
    phones = dict(session.execute(numbers.where(PatientPhone.patient_id.in_(ids))).all())
    heads = ("found", "SQL ms", "slowest", "search", "bare", "ratio", "budget")
    print(f"  {'typed':<28}", "".join(f"{head:>9}" for head in heads))
    is_good = True
    for name, (typed, budget) in WAYS.items():
        asked = [text for row in patients if (text := typed(row, phones[row.patient_id]))]
        found, sql, whole = zip(*(timed(session, text) for text in asked), strict=True)
        bare = statistics.median(bare_query(fold(text) or text) for text in asked)
        median, slowest = statistics.median(sql), max(sql)
        is_within = median <= budget
        is_good = is_good and is_within
        figures = (median, slowest, statistics.median(whole), bare, median / bare)
        over = "" if is_within else "  OVER"
        shown = "".join(f"{figure:>9.2f}" for figure in figures)
        print(f"  {name:<28} {statistics.median(found):>9.0f}{shown}{budget:>9.0f}{over}", flush=True)
        if explain:
            print_plan(session, asked[0])
    return is_good


def timed(session: Any, typed: str) -> tuple[int, float, float]:
    """(found, milliseconds of SQL, milliseconds in all) of the best of a few rounds.

    The SQL is timed by running the search's own statements again by the driver alone.
    """
    with statements() as seen:
        found = queries.matching_ids(session, typed, PAGE)
    whole, sql = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        queries.matching_ids(session, typed, PAGE)
        whole.append((time.perf_counter() - started) * 1_000)
        sql.append(sum(by_driver(statement, parameters) for statement, parameters in seen))
    return len(found), min(sql), min(whole)


def bare_query(key: str) -> float:
    """Milliseconds of one range on the index: the floor."""
    mark = "?" if sqla.engine.dialect.name == "sqlite" else "%s"
    where = f"kind = {mark} AND `key` >= {mark} AND `key` < {mark}"
    return by_driver(f"SELECT patient_id FROM patient_search WHERE {where} LIMIT 25", ("part", key, key + "\x7f"))  # noqa: S608


def print_plan(session: Any, typed: str) -> None:
    """How the database goes about a search."""
    with statements() as seen:
        queries.matching_ids(session, typed, PAGE)
    prefix = "EXPLAIN QUERY PLAN" if sqla.engine.dialect.name == "sqlite" else "EXPLAIN"
    for sql, parameters in seen:
        for row in session.connection().exec_driver_sql(f"{prefix} {sql}", parameters):
            print("     ", tuple(row))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
