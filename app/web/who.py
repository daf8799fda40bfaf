"""Who is it, and may they: the questions every page asks, answered by hooks that the factory hands in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, g

READ, WRITE, CHART, USE = "can_read", "can_write", "can_chart", "can_use"
RIGHTS = "right:"  # a right's resource is "right:discount"


@dataclass(frozen=True, slots=True)
class Identity:
    """The person behind the request, read once; nobody is `NOBODY`."""

    user_id: int | None = None
    name: str = ""
    phone: str = ""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[tuple[str, str]] = frozenset()
    locale: str | None = None
    theme: str = "auto"
    employee_id: int | None = None
    patient_id: int | None = None
    merged_patient_ids: tuple[int, ...] = ()  # further numbers of the same person
    must_change_password: bool = False
    must_enrol: bool = False  # the role needs a second factor, and there is none
    unread: int = 0  # notifications that wait for the person
    preferences: Mapping[str, Any] = field(default_factory=dict, compare=False)  # saved filters, columns

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.user_id is not None


NOBODY = Identity()


@dataclass(frozen=True, slots=True)
class Clinic:
    """What every page and document needs of the clinic's one row."""

    name_mn: str = "Soyoo"
    name_en: str = "Soyoo"
    address: str = ""
    phones: str = ""
    registration_number: str = ""
    tax_number: str = ""
    time_zone: str = "Asia/Ulaanbaatar"
    pdf_footer: str = ""
    document_prefix: str = ""
    opening_hours: dict[str, Any] = field(default_factory=dict)
    is_demo: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(slots=True)
class Hooks:
    """What the rooms below views provide to `web`."""

    identity: Callable[[], Identity]
    clinic: Callable[[], Clinic]
    setting: Callable[[str], Any]
    record: Callable[..., None]  # (action word, table, row, patient=…, changes=…): writes the audit log
    role_names: Callable[[], list[str]]
    navigation: Callable[[], list[Any]]
    history: Callable[..., tuple[list[Any], bool]]  # (session, view, row, page): what was changed, in words


def hooks() -> Hooks:
    """The hooks of this application."""
    found: Hooks = current_app.extensions["soyoo_hooks"]
    return found


def me() -> Identity:
    """The person behind this request."""
    if "identity" not in g:
        g.identity = hooks().identity()
    found: Identity = g.identity
    return found


def clinic() -> Clinic:
    """The clinic this database belongs to."""
    if "clinic" not in g:
        g.clinic = hooks().clinic()
    found: Clinic = g.clinic
    return found


def setting(key: str) -> Any:
    """The value of a ⚙ setting."""
    return hooks().setting(key)


def may(action: str, page: str) -> bool:
    """Whether the person may read, write or chart `page` (a path of the pages matrix)."""
    return (action if action.startswith("can_") else f"can_{action}", page) in me().permissions


def has_right(right: str) -> bool:
    """Whether the person holds one of the finer rights, such as `discount`."""
    return (USE, RIGHTS + right) in me().permissions
