"""What the demo clinic spends: a year in every category, against its budget; the last days wait for approval."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from app.kernel.dates import add_months
from app.stock.models import Expense, ExpenseCategory
from app.stock.rules import ExpenseMethod
from app.workflows.demo.staff import DOCTORS
from app.workflows.demo.world import World

B, C, K = ExpenseMethod.BANK_TRANSFER, ExpenseMethod.CASH, ExpenseMethod.CARD
MONTHS, FRESH = 12, timedelta(days=8)
USUAL_DOCTORS = len(DOCTORS) + 2
QUIET = 0.3  # the habits are those of a clinic with 700 visits a month; the demo's doctors see 200


@dataclass(frozen=True, slots=True)
class Habit:
    """How a category is spent on: on which days of the month, how much, every how many months, for what."""

    days: Sequence[int]
    amount: int
    notes: Sequence[str]
    method: ExpenseMethod = B
    every: int = 1
    wobble: float = 0.1
    supplier: int | None = None


HABITS: Mapping[str, Habit] = {
    "Rent": Habit((1,), 4_500_000, ("Кабинетын түрээс",), wobble=0.0),
    "Salaries": Habit((10, 25), 13_500_000, ("Урьдчилгаа цалин", "Сүүл цалин"), wobble=0.04),
    "Social insurance": Habit((5,), 3_400_000, ("Нийгмийн даатгалын шимтгэл",), wobble=0.03),
    "Dental laboratory": Habit((4, 11, 18, 26), 850_000,
        ("Бүрээс, гүүрэн шүдэлбэрийн ажил", "Авагддаг шүдэлбэр"), wobble=0.35),
    "Treatment materials": Habit((3, 17), 2_700_000,
        ("Ломбоны материал", "Мэдээ алдуулах бодис, бээлий"), wobble=0.2, supplier=0),
    "Electricity, heating and water": Habit((8,), 860_000, ("Цахилгаан, дулаан, усны төлбөр",), wobble=0.25),
    "Internet and telephone": Habit((9,), 180_000, ("Интернэт, утасны төлбөр",), wobble=0.05),
    "Equipment repair and servicing": Habit((14,), 340_000,
        ("Компрессорын үйлчилгээ", "Өндөр хурдны бариулын засвар"), wobble=0.5),
    "Equipment purchases": Habit((20,), 2_800_000,
        ("Гэрлэн ломбоны чийдэн", "Автоклавын сэлбэг"), every=4, wobble=0.4, supplier=1),
    "Marketing": Habit((2, 16), 620_000, ("Цахим сурталчилгаа", "Самбар, гэрэл зураг"), K, wobble=0.25),
    "Training and conferences": Habit((22,), 780_000, ("Эмч нарын сургалт", "Хурлын хураамж"), every=2, wobble=0.3),
    "Cleaning and laundry": Habit((6, 13, 20, 27), 120_000,
        ("Ариун цэврийн үйлчилгээ", "Хувцас угаалга"), C, supplier=2),
    "Medical waste": Habit((12,), 250_000, ("Хог хаягдал устгуулах",), wobble=0.05),
    "Taxes and fees": Habit((19,), 1_150_000, ("Улирлын татвар", "Тусгай зөвшөөрлийн хураамж"), every=3),
    "Bank charges": Habit((28,), 95_000, ("Данс, гүйлгээний шимтгэл",), wobble=0.2),
    "Office supplies": Habit((7, 21), 65_000, ("Цаас, хор", "Бичгийн хэрэгсэл"), K, wobble=0.3, supplier=4),
    "Other expenses": Habit((15, 24), 80_000, ("Цай, ус", "Такси"), C, wobble=0.5),
}  # fmt: skip
OVERSPENT = {"Marketing": 1.7, "Office supplies": 1.6}  # this month


def spend(world: World, sellers: Sequence[int]) -> None:
    """Budgets and a year of expenses; larger clinics spend in proportion."""
    chance, size = random.Random(world.chance.random()), QUIET * len(world.staff.doctors) / USUAL_DOCTORS
    rows = []
    for category in world.session.scalars(sa.select(ExpenseCategory).order_by(ExpenseCategory.expense_category_id)):
        habit = HABITS.get(category.name_en)
        if habit is None:
            continue
        usual = habit.amount * size * len(habit.days)
        category.monthly_budget = round(usual * (1 + habit.wobble / 2 + 0.03) / 10_000) * 10_000
        rows += [
            {"expense_category_id": category.expense_category_id, **row}
            for row in _year(world, category.name_en, habit, size, sellers, chance)
        ]
    for row in sorted(rows, key=lambda row: str(row["spent_on"])):
        world.store.add(Expense, **row)
    world.session.flush()
    world.store.write()


def _year(
    world: World, name: str, habit: Habit, size: float, sellers: Sequence[int], chance: random.Random
) -> Iterator[dict[str, object]]:
    """The expenses of a category in the past year."""
    this = world.today.replace(day=1)
    for back in range(MONTHS, -1, -1):
        month = add_months(this, -back)
        if month.month % habit.every:
            continue
        for turn, number in enumerate(habit.days):
            day = _open_day(world, month, number)
            more = OVERSPENT.get(name, 1.0) if back == 0 else 1.0
            amount = habit.amount * size * more * chance.uniform(1 - habit.wobble, 1 + habit.wobble)
            seller = sellers[habit.supplier] if habit.supplier is not None else None
            reference = f"{chance.randint(10**6, 10**7)}" if habit.method is B else None
            if day <= world.today:
                note = habit.notes[turn % len(habit.notes)]
                yield _expense(world, day, max(1_000, round(amount, -2)), habit.method, seller, reference, note)


def _open_day(world: World, month: date, number: int) -> date:
    """This day of the month, or the next one on which the clinic is open, within the month."""
    day = month.replace(day=number)
    later = [day + timedelta(days=more) for more in range(4)]
    return next((one for one in later if world.hours(one) and one.month == month.month), day)


def _expense(
    world: World, day: date, amount: float, method: ExpenseMethod, seller: int | None, reference: str | None, note: str
) -> dict[str, object]:
    manager, admin = (world.staff.users[phone] for phone in ("99000002", "99000001"))
    at = min(world.at(day, 16 * 60), world.now)
    return {
        "amount": int(amount), "spent_on": day, "supplier_id": seller, "method": method, "reference": reference,
        "note": note, "stored_file_id": None, "recorded_by": manager,
        "approved_by": None if day > world.today - FRESH else admin, "created_at": at, "updated_at": at,
    }  # fmt: skip
