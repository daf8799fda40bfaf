"""Calls, texts, templates, messages, notifications."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    or_,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.communication.rules import Channel, ContactType, Direction, MessageStatus, Variant, from_json
from app.db import E164, BigKey, CodeType, Instant, Stamped, WordType, ascii_string, table_args
from app.db.context import actor
from app.kernel.phones import show_phone
from app.kernel.text import Text as Mark
from app.people.models import Patient
from app.scheduling.models import Appointment
from app.security.models import UserProfile
from app.security.rules import Locale

MAY_HOLD_CODE = {"may_hold_code": True}  # in the audit log its numbers are masked


class Call(Stamped):
    """A phone call, found to be somebody's by its number."""

    __table_args__ = table_args(
        CheckConstraint("end_call IS NULL OR end_call >= begin_call", name="ends_after_start"),
        Index(None, "begin_call"),
        Index(None, "phone_number", "begin_call"),
        Index(None, "contact_type", "contacter_id"),
    )

    call_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    phone_number: Mapped[str] = mapped_column(E164)
    direction: Mapped[Direction] = mapped_column(CodeType(Direction), default=Direction.IN)
    begin_call: Mapped[datetime] = mapped_column(Instant)
    end_call: Mapped[datetime | None] = mapped_column(Instant)
    contact_type: Mapped[ContactType] = mapped_column(CodeType(ContactType), default=ContactType.NEW)
    contacter_id: Mapped[int | None] = mapped_column(BigKey)  # the patient or the employee, by contact_type
    note: Mapped[str | None] = mapped_column(Text)
    taken_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    taker: Mapped[UserProfile | None] = relationship(
        UserProfile, primaryjoin=lambda: foreign(Call.taken_by) == UserProfile.user_id, viewonly=True
    )

    @classmethod
    def whose(cls, held: Mapping[str, Any]) -> int | None:
        """The patient whose number it is."""
        return held.get("contacter_id") if held.get("contact_type") is ContactType.PATIENT else None

    @property
    def title(self) -> str:
        """The number."""
        return show_phone(self.phone_number)

    @property
    def minutes(self) -> int | None:
        """How long it took, in whole minutes begun; None while it lasts, or where nobody noted its end."""
        return None if self.end_call is None else -(-int((self.end_call - self.begin_call).total_seconds()) // 60)


class MessageTemplate(Stamped):
    """The wording of a message, in both languages, in one of two variants."""

    __table_args__ = table_args(
        UniqueConstraint("code", "variant"), CheckConstraint("weight BETWEEN 0 AND 100", name="weight_range")
    )

    message_template_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(ascii_string(60))
    variant: Mapped[Variant] = mapped_column(WordType(Variant), default=Variant.A)
    weight: Mapped[int] = mapped_column(SmallInteger, default=100, info={"least": 0, "most": 100})
    channel: Mapped[Channel] = mapped_column(WordType(Channel), default=Channel.SMS)
    subject_mn: Mapped[str | None] = mapped_column(String(160))
    subject_en: Mapped[str | None] = mapped_column(String(160))
    body_mn: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    latin: Mapped[bool] = mapped_column(Boolean, default=False)  # an SMS goes out in Latin letters
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> str:
        """Its code and variant."""
        return f"{self.code} ({self.variant})"

    def body(self, locale: Locale) -> str:
        """Its text in a language."""
        return self.body_mn if locale is Locale.MN else self.body_en


class Message(Stamped):
    """The outbox: one row for everything that is sent, made in the transaction of its cause."""

    __table_args__ = table_args(
        Index(None, "status", "send_after"),
        Index(None, "send_after"),
        Index(None, "patient_id", "created_at"),
        Index(None, "appointment_id"),
    )
    patient_column = "patient_id"

    message_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    to: Mapped[str] = mapped_column(String(255))
    message_template_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("message_template.message_template_id"))
    locale: Mapped[Locale] = mapped_column(WordType(Locale), default=Locale.MN)
    subject: Mapped[str | None] = mapped_column(String(160))
    body: Mapped[str] = mapped_column(Text, info=MAY_HOLD_CODE)
    attachments: Mapped[list[Any] | None] = mapped_column(JSON)
    patient_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))
    send_after: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[MessageStatus] = mapped_column(WordType(MessageStatus), default=MessageStatus.QUEUED)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(ascii_string(36), info={"secret": True})
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(String(80))
    dedupe_key: Mapped[str | None] = mapped_column(ascii_string(120), unique=True)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    template: Mapped[MessageTemplate | None] = relationship(MessageTemplate)
    patient: Mapped[Patient | None] = relationship(Patient)
    appointment: Mapped[Appointment | None] = relationship(Appointment)

    @property
    def title(self) -> str:
        """Where it goes."""
        return show_phone(self.to) if self.channel is Channel.SMS else self.to


class Sms(Stamped):
    """A text that was sent or came in."""

    __table_args__ = table_args(
        Index(None, "time"), Index(None, "phone_number", "time"), Index(None, "contact_type", "contacter_id")
    )

    sms_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    phone_number: Mapped[str] = mapped_column(E164)
    direction: Mapped[Direction] = mapped_column(CodeType(Direction), default=Direction.OUT)
    time: Mapped[datetime] = mapped_column(Instant)
    subject: Mapped[str | None] = mapped_column(String(160))
    sms_text: Mapped[str] = mapped_column(Text, info=MAY_HOLD_CODE)
    contact_type: Mapped[ContactType] = mapped_column(CodeType(ContactType), default=ContactType.NEW)
    contacter_id: Mapped[int | None] = mapped_column(BigKey)  # the patient or the employee, by contact_type
    note: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("message.message_id"), unique=True)

    message: Mapped[Message | None] = relationship(Message)

    @classmethod
    def whose(cls, held: Mapping[str, Any]) -> int | None:
        """The patient whose number it is."""
        return held.get("contacter_id") if held.get("contact_type") is ContactType.PATIENT else None

    @property
    def title(self) -> str:
        """The number."""
        return show_phone(self.phone_number)


class Notification(Stamped):
    """A line in somebody's bell: a user's or a patient's; `role` is what it was sent to, where it was one."""

    __table_args__ = table_args(
        Index(None, "user_id", "read_at"),
        Index(None, "role", "created_at"),
        Index(None, "patient_id", "read_at"),
        CheckConstraint("user_id IS NOT NULL OR patient_id IS NOT NULL OR role IS NOT NULL", name="for_somebody"),
    )

    is_audited = False  # a hint that something happened; what happened is in the audit log itself

    notification_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    patient_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    role: Mapped[str | None] = mapped_column(ascii_string(64))
    text: Mapped[dict[str, Any]] = mapped_column(JSON)  # a mark, see rules.marks
    body: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(String(255))
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    read_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    dedupe_key: Mapped[str | None] = mapped_column(ascii_string(120), unique=True)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """One's own lines."""
        mine = cls.user_id == actor().user_id
        return mine if patient_id is None else or_(mine, cls.patient_id == patient_id)

    @property
    def title(self) -> Mark:
        """Its sentence."""
        return from_json(self.text)
