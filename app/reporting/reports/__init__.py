"""The reports: which there are, what they are asked, and the answers."""

from app.reporting.reports.asking import Ask, ask_of
from app.reporting.reports.care import WORK
from app.reporting.reports.kinds import Measure, Report, Unit
from app.reporting.reports.money import AGING, BUDGET, EXPENSES, PAYMENTS, REVENUE
from app.reporting.reports.run import Answer, Drawn, draw, plain, run, shown, sketch
from app.reporting.reports.stock import STOCK
from app.reporting.reports.visits import APPOINTMENTS, PATIENTS

REPORTS: tuple[Report, ...] = (REVENUE, PAYMENTS, AGING, EXPENSES, BUDGET, APPOINTMENTS, WORK, PATIENTS, STOCK)

__all__ = [
    "APPOINTMENTS",
    "REPORTS",
    "REVENUE",
    "Answer",
    "Ask",
    "Drawn",
    "Measure",
    "Report",
    "Unit",
    "ask_of",
    "draw",
    "plain",
    "run",
    "shown",
    "sketch",
]
