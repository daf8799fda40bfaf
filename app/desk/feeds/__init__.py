"""Calendar feeds: secret addresses that a phone's calendar asks by itself."""

from typing import Any

from app.desk.feeds.answer import answer
from app.desk.feeds.pages import OwnFeedPage, PatientFeedPage

VIEWS: tuple[Any, ...] = (OwnFeedPage, PatientFeedPage)

__all__ = ["VIEWS", "answer"]
