"""The screens of rooms, shifts and appointments."""

from app.scheduling.views.appointments import AppointmentStatusChangeView, AppointmentView, BookingSlotView
from app.scheduling.views.free_times import FreeTimesPage
from app.scheduling.views.holidays import HolidayView
from app.scheduling.views.parts import BookingPartsPage
from app.scheduling.views.patterns import ShiftPatternView, ShiftWeekPage
from app.scheduling.views.rooms import ChairView, RoomAllocationView, RoomView
from app.scheduling.views.rooms_page import RoomsPage, WhereaboutsPage
from app.scheduling.views.series import AppointmentSeriesView
from app.scheduling.views.shift_calendar import ShiftCalendarPage
from app.scheduling.views.shift_moves import ShiftMovesPage, ShiftSwapPage
from app.scheduling.views.shifts import ShiftView
from app.scheduling.views.time_off import TimeOffView
from app.scheduling.views.to_move import ToMovePage
from app.scheduling.views.undoing import UndoPage
from app.scheduling.views.waiting import WaitlistEntryView

VIEWS = (
    FreeTimesPage,
    BookingPartsPage,
    AppointmentView,
    AppointmentStatusChangeView,
    BookingSlotView,
    RoomsPage,
    WhereaboutsPage,
    RoomView,
    ChairView,
    RoomAllocationView,
    ShiftCalendarPage,
    ShiftMovesPage,
    ShiftSwapPage,
    ShiftView,
    ShiftPatternView,
    ShiftWeekPage,
    ToMovePage,
    TimeOffView,
    HolidayView,
    AppointmentSeriesView,
    UndoPage,
    WaitlistEntryView,
)
