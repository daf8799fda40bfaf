"""Who works when: weekly patterns and the shifts made of them, time off, public holidays."""

import datetime as dt
from datetime import date, datetime, time

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, Instant, Stamped, WordType, table_args
from app.kernel.text import Names
from app.people.models import Employee
from app.scheduling.models.rooms import Chair, Room
from app.scheduling.rules import ShiftKind


class ShiftPattern(Stamped):
    """The hours of a weekday that come back each week. Shifts are made of it up to `generated_until`, each day once:
    a shift that was changed, moved or deleted by hand is an exception, and stays one.
    """

    __table_args__ = table_args(
        Index(None, "employee_id", "weekday"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_range"),
        CheckConstraint("end_time > start_time", name="ends_after_start"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_until_after_from"),
    )

    shift_pattern_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    weekday: Mapped[int] = mapped_column(SmallInteger, info={"least": 0, "most": 6})  # 0 is Monday
    start_time: Mapped[time] = mapped_column(Time)
    end_time: Mapped[time] = mapped_column(Time)
    chair_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("chair.chair_id"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    generated_until: Mapped[date | None] = mapped_column(Date)

    employee: Mapped[Employee] = relationship(Employee)
    chair: Mapped[Chair | None] = relationship(Chair)

    @property
    def title(self) -> str:
        """Who works, and the hours."""
        return f"{self.employee.title} {self.start_time:%H:%M}–{self.end_time:%H:%M}"


class Shift(Stamped):
    """When somebody works, on the clinic's wall clock."""

    __table_args__ = table_args(
        Index(None, "shift_date", "employee_id"),
        Index(None, "employee_id", "shift_date"),
        Index(None, "shift_pattern_id"),
        CheckConstraint("end_time > start_time", name="ends_after_start"),
    )

    shift_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    chair_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("chair.chair_id"))
    room_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("room.room_id"))
    shift_date: Mapped[date] = mapped_column(Date)
    start_time: Mapped[time] = mapped_column(Time)
    end_time: Mapped[time] = mapped_column(Time)
    kind: Mapped[ShiftKind] = mapped_column(WordType(ShiftKind), default=ShiftKind.WORK)
    shift_pattern_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("shift_pattern.shift_pattern_id"))

    employee: Mapped[Employee] = relationship(Employee)
    chair: Mapped[Chair | None] = relationship(Chair)
    room: Mapped[Room | None] = relationship(Room)
    pattern: Mapped[ShiftPattern | None] = relationship(ShiftPattern)

    @property
    def title(self) -> str:
        """The day and the hours."""
        return f"{self.shift_date} {self.start_time:%H:%M}–{self.end_time:%H:%M}"


class TimeOff(Stamped):
    """When somebody is away."""

    __table_args__ = table_args(
        Index(None, "employee_id", "from"), CheckConstraint("until > `from`", name="ends_after_start")
    )

    time_off_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    from_: Mapped[datetime] = mapped_column("from", Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(String(255))

    employee: Mapped[Employee] = relationship(Employee)

    @property
    def title(self) -> str:
        """Why."""
        return self.reason or self.employee.title


class Holiday(Stamped):
    """A public holiday; Цагаан сар and the like can be edited."""

    holiday_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date, unique=True)
    name_mn: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    is_closed: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> Names:
        """Its name."""
        return Names(self.name_mn, self.name_en)
