"""The money of the demo clinic: invoices in every state, payments of every kind, one ledger that adds up."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from app.billing import rules
from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    InvoiceItem,
    PatientAccount,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.billing.rules import AdjustmentKind, EntryKind, PaymentMethod, RefundKind
from app.jobs.rules import CounterKind
from app.kernel.dates import clinic_date
from app.workflows.demo import names
from app.workflows.demo.chair import Work
from app.workflows.demo.numbers import Numbers
from app.workflows.demo.patients import Person
from app.workflows.demo.world import World, chosen

METHODS = {
    PaymentMethod.CASH: 35, PaymentMethod.CARD: 30, PaymentMethod.QPAY: 18, PaymentMethod.BANK_TRANSFER: 12,
    PaymentMethod.SOCIALPAY: 5, PaymentMethod.INSURANCE: 2, PaymentMethod.OTHER: 1,
}  # fmt: skip
# what becomes of an invoice, and how often; of the unpaid ones fewer are left the older they are
USUAL = {"full": 80, "two tenders": 6, "later": 5, "written off": 1.2, "void": 1.2, "too much": 1.5, "given back": 0.8}
OPEN_BEFORE = ((14, 10.0), (60, 6.0), (120, 3.0), (400, 1.5))  # days → how often it is still owed
# what is there in any case, so that every state and every age of a receivable can be seen: days ago → fate
MUST = (
    (150, "part"), (120, "written off"), (110, "void"), (100, "too much"), (95, "given back"), (90, "issued"),
    (60, "part"), (50, "two tenders"), (30, "issued"), (6, "part"), (5, "draft"),
)  # fmt: skip
ENTRY_OF = {AdjustmentKind.WRITE_OFF: EntryKind.WRITE_OFF}


@dataclass(slots=True)
class Money:
    """A sum that moves at a moment: a payment and what of it goes to the invoice."""

    at: datetime
    amount: int
    allocated: int
    method: PaymentMethod


@dataclass(slots=True)
class Fate:
    """What becomes of an invoice until now."""

    payments: list[Money] = field(default_factory=list)
    written_off: int = 0
    is_void: bool = False
    gives_back: bool = False
    is_draft: bool = False


@dataclass(slots=True)
class Account:
    """The kept sums of a patient."""

    charges: int = 0
    payments: int = 0
    adjustments: int = 0
    last_payment_at: datetime | None = None


class Books:
    """Writes invoices and what follows from them, each when its moment comes: numbers follow the clock."""

    def __init__(self, world: World, numbers: Numbers, due_days: int) -> None:
        self.world, self.numbers, self.due_days = world, numbers, due_days
        self.accounts: dict[int, Account] = {}
        self.later: list[tuple[datetime, int, Callable[[], None]]] = []
        self.count = 0
        self.must = list(MUST)

    def charge(
        self, person: Person, treatment_id: int, work: Sequence[Work], at: datetime, fate: str
    ) -> datetime | None:
        """Have an invoice made at `at`, with the fate of this name. Returns when the visit is settled, or None."""
        total = sum(rules.line_total(item.quantity, item.unit_price, item.discount) for item in work)
        told = self._fate(fate, total, at)
        if told.is_void:
            self._plan(at, partial(self._issue, person, treatment_id, work, at, told))
            at += timedelta(minutes=4)
            told = self._fate("full", total, at)
        self._plan(at, partial(self._issue, person, treatment_id, work, at, told))
        paid = sum(money.allocated for money in told.payments)
        is_settled = not told.is_draft and rules.invoice_balance(total, paid, told.written_off) == 0
        return self._last_of(told, at) if is_settled else None

    @staticmethod
    def _last_of(told: Fate, at: datetime) -> datetime:
        last = max([at, *(money.at for money in told.payments)])
        return last + timedelta(days=3) if told.written_off else last

    def _plan(self, at: datetime, step: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.later, (at, self.count, step))

    def work_until(self, moment: datetime) -> None:
        """Make the invoices and take the payments of before `moment`, in their order."""
        while self.later and self.later[0][0] < moment:
            heapq.heappop(self.later)[2]()

    def _issue(self, person: Person, treatment_id: int, work: Sequence[Work], at: datetime, told: Fate) -> None:
        key, number = self._invoice(person, treatment_id, work, at, told)
        for money in told.payments:
            self._plan(money.at, partial(self._pay, person, key, number, money, told.gives_back))
        if told.written_off:
            last = self._last_of(told, at)
            self._plan(last, partial(self._write_off, person, key, told.written_off, last))

    def usual_fate(self, day: date) -> str:
        """What becomes of the invoice of a visit on `day`: by chance, but one of each kind and age is certain."""
        age = (self.world.today - day).days
        if self.must and age <= self.must[0][0]:
            return self.must.pop(0)[1]
        open_share = next(share for days, share in OPEN_BEFORE if age <= days)
        return str(chosen(self.world.chance, {**USUAL, "issued": open_share / 2, "part": open_share / 2}))

    def _fate(self, fate: str, total: int, at: datetime) -> Fate:
        method = chosen(self.world.chance, METHODS)
        soon = at + timedelta(minutes=2)
        part = max(1, total // 20_000) * 10_000 if total > 20_000 else max(1, total // 2)
        match fate:
            case "draft":
                return Fate(is_draft=True)
            case "issued":
                return Fate()
            case "void":
                return Fate(is_void=True)
            case "part":
                return Fate([Money(soon, part, part, method)])
            case "two tenders":
                cash = Money(soon, part, part, PaymentMethod.CASH)
                return Fate([cash, Money(soon, total - part, total - part, PaymentMethod.CARD)])
            case "later":
                rest = Money(self._open_day(at, self.world.chance.randint(5, 30)), total - part, total - part, method)
                first = Money(soon, part, part, method)
                return Fate([first, rest] if rest.at < self.world.now else [first])
            case "written off" if soon + timedelta(days=3) < self.world.now:
                return Fate([Money(soon, part, part, method)], written_off=total - part)
            case "too much" | "given back":
                paid = (total // 50_000 + 1) * 50_000
                return Fate([Money(soon, paid, total, method)], gives_back=fate == "given back")
            case _:
                return Fate([Money(soon, total, total, method)])

    def _open_day(self, at: datetime, days: int) -> datetime:
        """The same time `days` later, or on the next day on which the desk is open."""
        later = at + timedelta(days=days)
        while self.world.hours(clinic_date(later, self.world.zone)) is None:
            later += timedelta(days=1)
        return later

    def _invoice(
        self, person: Person, treatment_id: int, work: Sequence[Work], at: datetime, fate: Fate
    ) -> tuple[int, str]:
        subtotal = sum(item.quantity * item.unit_price for item in work)
        discount = sum(item.discount for item in work)
        total, paid = subtotal - discount, sum(money.allocated for money in fate.payments)
        state = {"is_issued": not fate.is_draft, "is_void": fate.is_void}
        number = None if fate.is_draft else self.numbers.next(CounterKind.INVOICE, at)
        reason = self.world.chance.choice(names.VOID_REASONS) if fate.is_void else None
        voided = at + timedelta(minutes=3) if fate.is_void else None
        key = self.world.store.add(
            Invoice, number=number, patient_id=person.patient_id, payer_id=person.payer, treatment_id=treatment_id,
            status=rules.invoice_status(total, paid, fate.written_off, **state), issued_at=at if number else None,
            voided_at=voided, voided_by=self.world.clerk if fate.is_void else None, void_reason=reason,
            due_on=rules.due_date(clinic_date(at, self.world.zone), self.due_days) if number else None,
            subtotal=subtotal, discount=discount, total=total, adjusted=fate.written_off, paid=paid,
            balance=rules.invoice_balance(total, paid, fate.written_off, **state), created_at=at, updated_at=at,
        )  # fmt: skip
        for item in work:
            self._line(key, item, at)
        if number:
            self._enter(person, EntryKind.CHARGE, total, at, "invoice", key, number)
        if voided:
            self._enter(person, EntryKind.VOID, -total, voided, "invoice", key, reason)
        return key, number or ""

    def _line(self, invoice: int, item: Work, at: datetime) -> None:
        self.world.store.add(
            InvoiceItem, invoice_id=invoice, service_id=item.service.service_id, treatment_item_id=item.item_id,
            teeth=rules.teeth_text(list(item.codes)), quantity=item.quantity, unit_price=item.unit_price,
            discount=item.discount, line_total=rules.line_total(item.quantity, item.unit_price, item.discount),
            created_at=at, updated_at=at,
        )  # fmt: skip

    def _pay(self, person: Person, invoice: int, note: str, money: Money, gives_back: bool) -> None:
        store, chance = self.world.store, self.world.chance
        number = self.numbers.next(CounterKind.PAYMENT, money.at)
        is_cash = money.method is PaymentMethod.CASH
        key = store.add(
            Payment, number=number, patient_id=person.patient_id, payer_id=person.payer, amount=money.amount,
            method=money.method, reference=None if is_cash else f"{chance.randint(10**7, 10**8)}",
            received_by=self.world.clerk, received_at=money.at, idempotency_key=f"demo-{number}:0", created_at=money.at,
        )  # fmt: skip
        store.add(PaymentAllocation, payment_id=key, invoice_id=invoice, amount=money.allocated, created_at=money.at)
        self._enter(person, EntryKind.PAYMENT, -money.amount, money.at, "payment", key, note)
        account = self.accounts[person.patient_id]
        account.last_payment_at = max(filter(None, (account.last_payment_at, money.at)))
        if gives_back:
            self._refund(person, key, money)

    def _refund(self, person: Person, payment: int, money: Money) -> None:
        at, rest = min(money.at + timedelta(hours=2), self.world.now), money.amount - money.allocated
        reason = self.world.chance.choice(names.REFUNDS)
        key = self.world.store.add(
            Refund, payment_id=payment, kind=RefundKind.REFUND, amount=rest, method=money.method, reason=reason,
            approved_by=self.world.staff.users["99000002"], idempotency_key=f"demo-refund-{payment}", created_at=at,
        )  # fmt: skip
        self._enter(person, EntryKind.REFUND, rest, at, "refund", key, reason)

    def _write_off(self, person: Person, invoice: int, amount: int, at: datetime) -> None:
        kind = self.world.chance.choice((AdjustmentKind.WRITE_OFF, AdjustmentKind.WAIVER))
        reason = self.world.chance.choice(names.WAIVERS)
        key = self.world.store.add(
            InvoiceAdjustment, invoice_id=invoice, kind=kind, amount=amount, reason=reason,
            approved_by=self.world.staff.users["99000002"], created_at=at,
        )  # fmt: skip
        entry = ENTRY_OF.get(kind, EntryKind.ADJUSTMENT)
        self._enter(person, entry, -amount, at, "invoice_adjustment", key, reason)

    def _enter(
        self, person: Person, kind: EntryKind, owed: int, at: datetime, table: str, row: int, note: str | None
    ) -> None:
        """An entry of the ledger and the account's kept sums, as `app.billing.actions.ledger.post` writes them."""
        account = self.accounts.setdefault(person.patient_id, Account())
        if owed == 0:
            return
        self.world.store.add(
            AccountEntry, patient_id=person.patient_id, at=at, kind=kind, debit=max(owed, 0), credit=max(-owed, 0),
            source_table=table, source_row=row, note=note, created_at=at,
        )  # fmt: skip
        if kind in rules.CHARGES:
            account.charges += owed
        elif kind in rules.PAYMENTS:
            account.payments -= owed
        else:
            account.adjustments -= owed

    def keep(self) -> None:
        """Store the accounts."""
        for patient_id, account in self.accounts.items():
            balance = account.charges - account.payments - account.adjustments
            self.world.store.put(
                PatientAccount,
                {
                    "patient_id": patient_id, "charges": account.charges, "payments": account.payments,
                    "adjustments": account.adjustments, "balance": balance, "last_payment_at": account.last_payment_at,
                },
            )  # fmt: skip
