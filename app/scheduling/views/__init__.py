"""The screens of rooms, shifts and appointments."""

from app.scheduling.views.appointments import AppointmentStatusChangeView, AppointmentView, BookingSlotView
from app.scheduling.views.calendar import HolidayView, ShiftView, TimeOffView
from app.scheduling.views.rooms import ChairView, RoomAllocationView, RoomsPage, RoomView

VIEWS = (
    AppointmentView,
    AppointmentStatusChangeView,
    BookingSlotView,
    RoomsPage,
    RoomView,
    ChairView,
    RoomAllocationView,
    ShiftView,
    TimeOffView,
    HolidayView,
)
