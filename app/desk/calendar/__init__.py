"""`/calendar`: the visits of days and weeks, moved by hand, pinned, printed."""

from app.desk.calendar.moving import CalendarMovesPage
from app.desk.calendar.page import CalendarPage, CalendarWaitingPage
from app.desk.calendar.paper import CalendarPaperPage

VIEWS = (CalendarPage, CalendarWaitingPage, CalendarMovesPage, CalendarPaperPage)
