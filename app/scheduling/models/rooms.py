"""Rooms and the chairs in them."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, CodeType, Instant, Stamped, WordType, table_args
from app.scheduling.rules import RoomStatus, RoomType


class Room(Stamped):
    """A room of the clinic. `status` is what somebody set by hand; how it is now says `rules.rooms.room_now`."""

    room_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    room_type: Mapped[RoomType] = mapped_column(WordType(RoomType))
    status: Mapped[RoomStatus] = mapped_column(CodeType(RoomStatus), default=RoomStatus.FREE)
    status_at: Mapped[datetime | None] = mapped_column(Instant)  # when somebody set it by hand
    status_reason: Mapped[str | None] = mapped_column(String(255))

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class Chair(Stamped):
    """A dental chair (operatory): what an appointment takes."""

    __table_args__ = table_args(Index(None, "room_id"))

    chair_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    room_id: Mapped[int] = mapped_column(BigKey, ForeignKey("room.room_id"))
    name: Mapped[str] = mapped_column(String(60), unique=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    room: Mapped[Room] = relationship(Room)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name
