"""The tables of this room: rooms, shifts, appointments and the slots they hold, who waits."""

from app.scheduling.models.rooms import Chair, Room
from app.scheduling.models.shifts import Holiday, Shift, ShiftPattern, TimeOff
from app.scheduling.models.visits import (
    Appointment,
    AppointmentSeries,
    AppointmentStatusChange,
    BookingSlot,
    RoomAllocation,
)
from app.scheduling.models.waiting import WaitlistEntry

__all__ = [
    "Appointment",
    "AppointmentSeries",
    "AppointmentStatusChange",
    "BookingSlot",
    "Chair",
    "Holiday",
    "Room",
    "RoomAllocation",
    "Shift",
    "ShiftPattern",
    "TimeOff",
    "WaitlistEntry",
]
