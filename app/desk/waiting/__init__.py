"""The lists of people to be called: who waits for a time, who is due again, who did not come."""

from typing import Any

from app.desk.waiting.no_shows import NoShowPage
from app.desk.waiting.recalls import RecallPage
from app.desk.waiting.waitlist import WaitlistPage

VIEWS: tuple[Any, ...] = (WaitlistPage, RecallPage, NoShowPage)
