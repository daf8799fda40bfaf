"""The stock of the demo clinic: a year of deliveries and use in step with the visits; some run low, some are lost."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.clinical.models import Treatment
from app.stock.models import InventoryItem, InventoryLog, Supplier
from app.stock.rules import Level, Movement, level_of
from app.workflows import stock
from app.workflows.demo.world import DAYS_BEHIND, World

# code → (cost of one, units used in a hundred visits)
USE: Mapping[str, tuple[int, float]] = {
    "GLV-S": (28_000, 3), "GLV-M": (28_000, 7), "GLV-L": (28_000, 2), "GLV-ST": (2_500, 18), "MSK-01": (12_000, 5),
    "CAP-01": (9_000, 1.5), "BIB-01": (15_000, 3), "CUP-01": (6_000, 4), "SLV-01": (14_000, 3), "SUC-01": (22_000, 1),
    "CTN-01": (9_000, 4), "GAU-01": (4_500, 8), "BRL-01": (24_000, 1.2), "DIS-01": (32_000, 2), "DIS-02": (45_000, 1),
    "HND-01": (16_000, 2.5), "STR-01": (38_000, 2), "STR-02": (30_000, 0.4), "ANE-01": (2_200, 30),
    "ANE-02": (2_800, 28),
    "ANE-03": (3_000, 5), "ANE-04": (26_000, 0.6), "NDL-01": (24_000, 0.6), "NDL-02": (24_000, 0.4),
    "CMP-A1": (65_000, 0.8), "CMP-A2": (65_000, 2.4), "CMP-A3": (65_000, 1.8), "CMP-FL": (48_000, 1.2),
    "BND-01": (145_000, 0.5), "ETC-01": (18_000, 1.2), "GIC-01": (120_000, 0.4), "TMP-01": (25_000, 0.5),
    "MTX-01": (14_000, 0.6), "WDG-01": (22_000, 0.3), "BUR-01": (4_500, 6), "BUR-02": (4_500, 6),
    "POL-01": (38_000, 0.5),
    "PST-01": (21_000, 0.9), "FLU-01": (42_000, 0.6), "SEA-01": (55_000, 0.4), "FIL-K": (28_000, 2),
    "FIL-RO": (85_000, 1.2), "GPP-01": (24_000, 1), "PPP-01": (20_000, 1), "NAO-01": (12_000, 0.6),
    "EDT-01": (24_000, 0.5), "CAO-01": (26_000, 0.6), "SLR-01": (95_000, 0.2), "ALG-01": (32_000, 0.7),
    "SIL-01": (160_000, 0.3), "TRY-01": (1_800, 4), "CEM-01": (135_000, 0.3), "CEM-02": (48_000, 0.3),
    "ACR-01": (110_000, 0.2), "BRK-01": (140_000, 0.5), "WIR-01": (36_000, 0.6), "ELS-01": (15_000, 0.8),
    "SUT-01": (65_000, 0.4), "SCL-15": (28_000, 0.2), "HMS-01": (35_000, 0.4), "IMP-01": (650_000, 0.4),
    "XRB-01": (30_000, 0.6), "MED-IBU": (4_500, 3), "MED-AMX": (7_500, 2.5), "MED-CHX": (9_000, 2),
    "PAP-A4": (18_000, 0.8),
}  # fmt: skip
EQUIPMENT = {"LCL-01": 1_250_000, "SCA-01": 3_800_000}
SHELVES = {"hygiene": "Агуулах, 1-р тавиур", "medicine": "Эмийн шүүгээ", "anaesthetic": "Эмийн шүүгээ",
           "office": "Ресепшн", "equipment": "Кабинет"}  # fmt: skip
STORE_ROOM = "Агуулах, 2-р тавиур"
SUPPLIERS = (
    ("Цагаан шүд хангамж ХХК", "+97677112201", "5512301"), ("Эрүүл инээмсэглэл ХХК", "+97677112202", "5512302"),
    ("Ариун орчин хангамж ХХК", "+97677112203", "5512303"), ("Эмийн бөөний төв ХХК", "+97677112204", "5512304"),
    ("Бичгийн хэрэгсэл ХХК", "+97677112205", "5512305"),
)  # fmt: skip
FROM = {"hygiene": 2, "medicine": 3, "anaesthetic": 3, "office": 4}  # the others by turns from the first two
# these were not delivered last, and a recount found fewer still: what is left, as a share of the minimum
SHORT = {"CMP-A2": 0.5, "ANE-02": 0.7, "GLV-M": 1.0, "FLU-01": 0.5, "SUT-01": 0.0, "STR-01": 0.75, "SEA-01": 0.0,
         "MED-CHX": 0.4}  # fmt: skip
NO_DELIVERY = timedelta(days=40)
WEEKS_HELD, WEEKS_LEAST = 7, 2
SOLD = {"Ibuprofen 400 мг": ("MED-IBU", 8_000), "Amoxicillin 500 мг": ("MED-AMX", 12_000),
        "Chlorhexidine 0.12 %": ("MED-CHX", 15_000)}  # fmt: skip
WASTE = {Movement.EXPIRED: "Хадгалах хугацаа дууссан", Movement.LOST: "Савлагаа гэмтсэн"}
COUNTED = "Сарын тооллого"


@dataclass(slots=True)
class Shelf:
    """An item while its year is lived through."""

    key: int
    sku: str
    minimum: int
    cost: int
    supplier: int | None
    on_hand: int = 0
    low_since: datetime | None = None
    rest: float = 0.0  # what was used of an opened unit
    rows: list[dict[str, object]] = field(default_factory=list)

    def move(self, kind: Movement, change: int, at: datetime, by: int, reason: str | None = None) -> None:
        """Write a movement, as the actions do: never below zero, and since when it is low."""
        change = max(change, -self.on_hand)
        if change == 0:
            return
        self.on_hand += change
        if level_of(self.on_hand, self.minimum) is Level.ENOUGH:
            self.low_since = None
        elif change < 0 and self.low_since is None:
            self.low_since = at
        seller = self.supplier if kind in (Movement.RECEIVED, Movement.RETURNED) else None
        self.rows.append(
            {
                "inventory_item_id": self.key, "kind": kind, "quantity": change, "cost": self.cost, "by": by,
                "supplier_id": seller, "reason": reason, "idempotency_key": None, "created_at": at,
            }
        )  # fmt: skip


def stock_up(world: World) -> list[int]:
    """A year of the stock, after the visits are written. Returns the suppliers."""
    chance = random.Random(world.chance.random())
    sellers = [
        world.store.add(Supplier, name=name, phone=phone, email=None, register_number=number, is_active=True)
        for name, phone, number in SUPPLIERS
    ]
    world.store.write()
    weeks = list(_weeks(world))
    typical = sum(visits for _, visits in weeks) / len(weeks) if weeks else 0.0
    shelves = [_live(world, shelf, weeks, typical, chance) for shelf in _shelves(world, sellers, typical)]
    for row in sorted((row for shelf in shelves for row in shelf.rows), key=lambda row: str(row["created_at"])):
        world.store.add(InventoryLog, **row)
    _keep(world, shelves)
    return sellers


def _weeks(world: World) -> Iterator[tuple[date, int]]:
    """(the last open day, how many visits were treated) of each week of the past year, up to today."""
    first = world.today - timedelta(days=DAYS_BEHIND)
    day = sa.func.date(Treatment.treatment_date)
    counted = world.session.execute(sa.select(day, sa.func.count()).group_by(day))
    visits = {date.fromisoformat(str(key)): count for key, count in counted}
    while first <= world.today:
        days = [first + timedelta(days=number) for number in range(7)]
        done = [day for day in world.open_days(first, days[-1]) if world.at(day, _closing(world, day)) < world.now]
        if done:
            yield done[-1], sum(visits.get(day, 0) for day in days)
        first += timedelta(days=7)


def _closing(world: World, day: date) -> int:
    """When the clinic closes, in minutes after midnight: the last hour is for the store room."""
    return (world.hours(day) or (0, 18 * 60))[1]


def _shelves(world: World, sellers: Sequence[int], typical: float) -> Iterator[Shelf]:
    """The items that come with a clinic, each with a minimum of two weeks at least."""
    columns = (InventoryItem.inventory_item_id, InventoryItem.sku, InventoryItem.category, InventoryItem.minimum_stock)
    for turn, row in enumerate(world.session.execute(sa.select(*columns).order_by(InventoryItem.inventory_item_id))):
        cost, rate = USE.get(row.sku, (EQUIPMENT.get(row.sku, 10_000), 0.0))
        least = max(row.minimum_stock, round(typical * rate / 100 * WEEKS_LEAST))
        seller = sellers[FROM.get(row.category.value, turn % 2)]
        yield Shelf(row.inventory_item_id, row.sku, least, cost, seller)


def _live(
    world: World, shelf: Shelf, weeks: Sequence[tuple[date, int]], typical: float, chance: random.Random
) -> Shelf:
    """Delivered monthly, used weekly, wasted now and then; short in the end where it is one of those."""
    hands = [world.staff.users[phone] for phone in ("99000005", "99000005", "99000004")]
    rate = USE.get(shelf.sku, (0, 0.0))[1] / 100
    wanted = shelf.minimum + round(typical * rate * WEEKS_HELD) + 2
    month = None
    for day, visits in weeks:
        last = _closing(world, day) - 60
        is_late = shelf.sku in SHORT and day > world.today - NO_DELIVERY
        if day.month != month and not is_late:
            _deliver(world, shelf, day, wanted, hands[0])
            month = day.month
        shelf.rest += visits * rate * chance.uniform(0.8, 1.2)
        shelf.move(Movement.USED, -int(shelf.rest), world.at(day, last + chance.randrange(45)), chance.choice(hands))
        shelf.rest %= 1
        if chance.random() < 0.008:
            kind = chance.choice(list(WASTE))
            shelf.move(kind, -chance.randint(1, 2), world.at(day, last + 50), hands[0], WASTE[kind])
        elif chance.random() < 0.006:
            shelf.move(Movement.ADJUSTED, chance.choice((-1, -1, 1)), world.at(day, last + 55), hands[0], COUNTED)
    if weeks and shelf.sku in SHORT:
        left = int(shelf.minimum * SHORT[shelf.sku])
        shelf.move(
            Movement.ADJUSTED, min(left - shelf.on_hand, 0), world.at(weeks[-1][0], last + 58), hands[0], COUNTED
        )
    return shelf


def _deliver(world: World, shelf: Shelf, day: date, wanted: int, by: int) -> None:
    """Fill up to what is wanted; a piece of equipment comes once."""
    if shelf.sku in EQUIPMENT:
        wanted = len(world.chairs)
    if shelf.on_hand < wanted - 1:
        number = f"Падаан № {day:%y%m}-{shelf.key}"
        shelf.move(Movement.RECEIVED, wanted - shelf.on_hand, world.at(day, 11 * 60), by, number)


def _keep(world: World, shelves: Sequence[Shelf]) -> None:
    """Write what is on hand; tell who keeps the stock; let three medicines leave it when they are sold."""
    for shelf in shelves:
        world.store.change(
            InventoryItem,
            {
                "inventory_item_id": shelf.key, "on_hand": shelf.on_hand, "cost": shelf.cost,
                "minimum_stock": shelf.minimum, "low_notified_at": shelf.low_since,
            },
        )  # fmt: skip
    world.store.write()
    items = {row.sku: row for row in world.session.scalars(sa.select(InventoryItem))}
    for item in items.values():
        item.location = SHELVES.get(item.category.value, STORE_ROOM)
        if item.low_notified_at is not None:
            stock.tell(world.session, item, item.low_notified_at)
    for name, (sku, price) in SOLD.items():
        medicine = world.medicines.get(name)
        if medicine is not None:
            medicine.inventory_item_id = items[sku].inventory_item_id
            medicine.sale_price = medicine.sale_price or price
    world.session.flush()
