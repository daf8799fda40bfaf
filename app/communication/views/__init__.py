"""The screens of calls, texts, templates, messages and notifications."""

from typing import Any

from app.communication.views.calls import CallView
from app.communication.views.log import CommunicationPage
from app.communication.views.messages import MessageTemplateView, MessageView
from app.communication.views.notifications import NotificationView
from app.communication.views.texts import SmsView
from app.communication.views.writing import WriteTextPage
from app.communication.words import LABELS
from app.web.vocabulary import add_labels

add_labels(LABELS)

VIEWS: tuple[Any, ...] = (
    CommunicationPage,
    CallView,
    WriteTextPage,
    SmsView,
    MessageView,
    MessageTemplateView,
    NotificationView,
)
