"""The screens of calls, texts, templates, messages and notifications."""

from typing import Any

from app.communication.views.notifications import NotificationView
from app.communication.words import LABELS
from app.web.vocabulary import add_labels

add_labels(LABELS)

VIEWS: tuple[Any, ...] = (NotificationView,)
