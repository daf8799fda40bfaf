"""The composition root: which views there are, and how the day's work is laid out in the menu."""

from dataclasses import dataclass, field
from typing import Any

from flask import request

import app.related  # noqa: F401 - which lists appear inside which record
from app.billing import api as billing_api
from app.billing import views as billing
from app.catalogue import api as catalogue_api
from app.catalogue import views as catalogue
from app.clinical import api as clinical_api
from app.clinical import views as clinical
from app.communication import views as communication
from app.desk import (
    api_document,
    calendar,
    dashboard,
    data_rights,
    day_board,
    feeds,
    imports,
    index,
    patient_profile,
    profile,
    search,
    shared,
    waiting,
)
from app.desk.workbench import page as workbench
from app.files import views as files
from app.insurance import views as insurance
from app.kernel.text import TC, T, Text
from app.lab import views as lab
from app.people import api as people_api
from app.people import views as people
from app.reporting import views as reporting
from app.scheduling import api as scheduling_api
from app.scheduling import views as scheduling
from app.security import api as security_api
from app.security import views as security
from app.stock import views as stock
from app.web import who
from app.web.text import locale, say

VIEWS: tuple[Any, ...] = (
    *security.VIEWS,
    index.IndexPage,
    profile.ProfilePage,
    shared.SharedPage,
    *feeds.VIEWS,
    *dashboard.VIEWS,
    *search.VIEWS,
    *day_board.VIEWS,
    *workbench.VIEWS,
    *waiting.VIEWS,
    *calendar.VIEWS,
    *imports.VIEWS,
    patient_profile.PatientProfilePage,
    data_rights.DataRightsPage,
    *people.VIEWS,
    *stock.VIEWS,
    *catalogue.VIEWS,
    *scheduling.VIEWS,
    *clinical.VIEWS,
    *lab.VIEWS,
    *billing.VIEWS,
    *insurance.VIEWS,
    *communication.VIEWS,
    *files.VIEWS,
    *security_api.VIEWS,
    *people_api.VIEWS,
    *catalogue_api.VIEWS,
    *scheduling_api.VIEWS,
    *clinical_api.VIEWS,
    *billing_api.VIEWS,
    *api_document.VIEWS,
    *reporting.VIEWS,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: the page whose right opens it, its address, its words and icon."""

    page: str
    url: str
    label: Text
    icon: str


MENU: tuple[tuple[Text | None, tuple[Entry, ...]], ...] = (
    (
        None,
        (
            Entry("/dashboard", "/dashboard", T("Dashboard"), "house"),
            Entry("/appointments", "/appointments", T("Appointments"), "clipboard-list"),
            Entry("/calendar", "/calendar", T("Calendar"), "calendar"),
            Entry("/scheduling", "/scheduling", T("Scheduling workbench"), "calendar-plus"),
            Entry("/patients", "/patients", T("Patients"), "users"),
        ),
    ),
    (
        T("In the chair"),
        (
            Entry("/treatments", "/treatments", T("Treatments"), "activity"),
            Entry("/prescriptions", "/prescriptions", T("Prescriptions"), "pill"),
            Entry("/treatment-plans", "/treatment-plans", T("Treatment plans"), "file-text"),
            Entry("/lab-requests", "/lab-requests", T("Lab requests"), "clipboard-list"),
            Entry("/lab-results", "/lab-results", T("Lab results"), "activity"),
            Entry("/medical-records", "/medical-records", T("Medical records"), "history"),
            Entry("/rooms", "/rooms", T("Rooms"), "door-open"),
        ),
    ),
    (
        T("Money"),
        (
            Entry("/invoices", "/invoices", T("Invoices"), "receipt"),
            Entry("/payments", "/payments", T("Payments"), "wallet"),
            Entry("/insurance", "/insurance", T("Insurance"), "umbrella"),
            Entry("/reports", "/reports", T("Reports"), "chart-column"),
        ),
    ),
    (
        T("Supplies"),
        (
            Entry("/inventory", "/inventory", T("Inventory"), "briefcase"),
            Entry("/inventory/logs", "/inventory/logs", T("Movements"), "refresh-cw"),
            Entry("/inventory", "/sterilisation", T("Sterilisation"), "shield"),
            Entry("/expenses", "/expenses", T("Expenses"), "banknote"),
        ),
    ),
    (
        TC("menu", "Contact"),
        (
            Entry("/communication", "/communication", T("Communication"), "mail"),
            Entry("/calls", "/calls", T("Calls"), "phone"),
            Entry("/sms", "/sms", T("Text messages"), "message-square"),
        ),
    ),
    (
        T("Clinic"),
        (
            Entry("/services", "/services", T("Services"), "tags"),
            Entry("/prescriptions", "/medicines", T("Medicines"), "briefcase"),
            Entry("/doctors", "/doctors", T("Doctors"), "stethoscope"),
            Entry("/employees", "/employees", T("Employees"), "id-card"),
            Entry("/shifts", "/shifts", T("Shifts"), "clock"),
            Entry("/shifts", "/holidays", T("Public holidays"), "palmtree"),
        ),
    ),
    (
        T("System"),
        (
            Entry("/settings", "/settings", T("Settings"), "settings"),
            Entry("/users/list/", "/users/list/", T("Users"), "user-plus"),
            Entry("/roles/list/", "/roles/list/", T("Roles and their rights"), "key-round"),
            Entry("/sessions", "/sessions", T("Signed-in devices"), "monitor"),
            Entry("/audit", "/audit", T("Audit log"), "history"),
            Entry("/swagger/v1", "/swagger/v1", T("REST API"), "file-text"),
            Entry("/system", "/jobs", T("Work in the background"), "refresh-cw"),
        ),
    ),
)


# "g", then the letter at this place of an English keyboard, whatever layout types there.
KEYS = {
    "/dashboard": "d", "/appointments": "a", "/patients": "p", "/treatments": "t", "/prescriptions": "r",
    "/treatment-plans": "l", "/lab-requests": "b", "/rooms": "o", "/invoices": "i", "/payments": "y",
    "/insurance": "u", "/inventory": "v", "/expenses": "x", "/services": "s", "/medicines": "m", "/doctors": "c",
    "/employees": "e", "/shifts": "f", "/communication": "n", "/calls": "k", "/sms": "w", "/reports": "q",
    "/settings": "h", "/audit": "z", "/scheduling": "j", "/calendar": "g",
}  # fmt: skip


@dataclass(slots=True)
class Group:
    """A group of the menu as one person sees it."""

    label: str
    items: list["Item"] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """A line of the menu as one person sees it."""

    label: str
    url: str
    icon: str
    is_current: bool
    key: str = ""  # "g", then this letter


_BARE = {
    entry.url: entry.url.removesuffix("/list/").rstrip("/")
    for entry in sorted((e for _, entries in MENU for e in entries), key=lambda e: -len(e.url))
}
_PAGES = {view.__name__: view.page for view in VIEWS if getattr(view, "page", "")}
_MOST_KNOWN = 1_000
_known: dict[tuple[frozenset[tuple[str, str]], str, str], list[Group]] = {}


def navigation() -> list[Group]:
    """The menu of whoever is signed in: only what they may open. Kept for the same rights, language and place."""
    key = (who.me().permissions, locale(), _current())
    if key not in _known:
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        _known[key] = _navigation(key[2])
    return _known[key]


def _navigation(current: str) -> list[Group]:
    groups = []
    for label, entries in MENU:
        items = [
            Item(say(entry.label), entry.url, entry.icon, entry.url == current, KEYS.get(entry.url, ""))
            for entry in entries
            if who.may("read", entry.page)
        ]
        if items:
            groups.append(Group(say(label) if label else "", items))
    return groups


def _current() -> str:
    """The entry one stands below; of two the longer address, `/inventory/logs` and not `/inventory`."""
    path = request.path.rstrip("/")
    found = next((url for url, bare in _BARE.items() if path == bare or path.startswith(bare + "/")), "")
    page = _PAGES.get((request.endpoint or "").partition(".")[0])  # a list without a line of its own
    return found or next((url for url, bare in _BARE.items() if bare == page), "")
