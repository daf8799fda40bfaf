"""Users' own settings, sessions, attempts, settings, shared links, the clinic's row."""

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AppendOnly, Base, BigKey, CodeType, Instant, Stamped, WordType, ascii_string, table_args
from app.kernel.phones import show_phone
from app.kernel.text import Names
from app.security.rules import Locale, LoginOutcome, SessionType, ShareKind, Theme


class UserProfile(Stamped):
    """What we keep of a user beside Flask-AppBuilder's `ab_user`, one to one."""

    user_column = "user_id"

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"), primary_key=True, autoincrement=False)
    display_name: Mapped[str] = mapped_column(String(255))
    locale: Mapped[Locale] = mapped_column(WordType(Locale), default=Locale.MN)
    theme: Mapped[Theme] = mapped_column(WordType(Theme), default=Theme.AUTO)
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    totp_secret: Mapped[str | None] = mapped_column(String(64), info={"secret": True})  # a seed: see second_factor.py
    totp_step: Mapped[int | None] = mapped_column(BigKey, info={"secret": True})  # of the last code that was used
    recovery_codes: Mapped[list[str] | None] = mapped_column(JSON, info={"secret": True})
    failed_count: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    reset_code_hash: Mapped[str | None] = mapped_column(String(255), info={"secret": True})
    reset_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    user: Mapped[User] = relationship(User, lazy="joined", innerjoin=True)

    @property
    def title(self) -> str:
        """The name people see."""
        return self.display_name

    @property
    def phone(self) -> str:
        """The number one signs in with, as people say it."""
        return show_phone(self.user.username)


class RoleSeed(AppendOnly):
    """What the matrix once gave a role, so that a sync touches only its own."""

    role: Mapped[str] = mapped_column(ascii_string(64), primary_key=True)
    permission: Mapped[str] = mapped_column(ascii_string(100), primary_key=True)
    view: Mapped[str] = mapped_column(ascii_string(120), primary_key=True)

    @property
    def title(self) -> str:
        """How a list names the row."""
        return f"{self.role}: {self.permission} {self.view}"


class SessionToken(Stamped):
    """One sign-in on one device. The cookie holds `selector.secret`; only the secret's hash is kept."""

    __table_args__ = table_args(Index(None, "user_id"), Index(None, "expires_at"))
    user_column = "user_id"
    is_audited = False

    session_token_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    selector: Mapped[str] = mapped_column(ascii_string(32), unique=True)
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"))
    session_token_hash: Mapped[str] = mapped_column(String(255), info={"secret": True})
    session_type: Mapped[SessionType] = mapped_column(CodeType(SessionType))
    device_name: Mapped[str] = mapped_column(String(255), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    # what the next page is going to say: it may name a patient, and a cookie can be read
    told: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True), info={"secret": True})

    user: Mapped[User] = relationship(User)

    @property
    def title(self) -> str:
        """Its number."""
        return f"#{self.session_token_id}"


class LoginAttempt(AppendOnly):
    """One attempt to sign in, whoever it was."""

    __table_args__ = table_args(Index(None, "phone", "created_at"))
    user_column = "user_id"
    is_audited = False

    login_attempt_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    phone: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(255), default="")
    outcome: Mapped[LoginOutcome] = mapped_column(WordType(LoginOutcome))

    user: Mapped[User | None] = relationship(User)

    @property
    def title(self) -> str:
        """The number that was typed."""
        return self.phone


class Setting(Stamped):
    """A ⚙ that was changed; its default stands in `app.security.settings`."""

    is_public = True

    setting_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(ascii_string(80), unique=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    @property
    def title(self) -> str:
        """The key."""
        return self.key


class ShareLink(Stamped):
    """What a secret address under `/s/` opens; only the token's hash is kept."""

    __table_args__ = table_args(Index(None, "table", "row"))

    share_link_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    token_hash: Mapped[str] = mapped_column(ascii_string(64), unique=True, info={"secret": True})
    kind: Mapped[ShareKind] = mapped_column(WordType(ShareKind))
    table: Mapped[str] = mapped_column(ascii_string(64))
    row: Mapped[int] = mapped_column(BigKey)
    patient_number: Mapped[int | None] = mapped_column(BigKey)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    patient_column = "patient_number"

    @property
    def title(self) -> ShareKind:
        """What it opens."""
        return self.kind


class Clinic(Stamped):
    """The one row that says whose database this is."""

    __table_args__ = table_args(CheckConstraint("clinic_id = 1", name="only_one"))
    is_public = True

    clinic_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    name_mn: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(255))
    phones: Mapped[str | None] = mapped_column(String(120))
    registration_number: Mapped[str | None] = mapped_column(String(20))
    tax_number: Mapped[str | None] = mapped_column(String(20))
    logo_file_number: Mapped[int | None] = mapped_column(BigKey)
    time_zone: Mapped[str] = mapped_column(String(40), default="Asia/Ulaanbaatar")
    # {"0": ["09:00", "19:00"], …, "6": null}: weekdays from Monday, null is closed
    opening_hours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    document_prefix: Mapped[str] = mapped_column(String(8), default="")
    pdf_footer: Mapped[str | None] = mapped_column(Text)
    is_demo: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def title(self) -> Names:
        """The clinic's name."""
        return Names(self.name_mn, self.name_en)


__all__ = ["Base", "Clinic", "LoginAttempt", "RoleSeed", "SessionToken", "Setting", "ShareLink", "User", "UserProfile"]
