"""The words of the room: directions, contacts, channels, states."""

from app.kernel.enums import Code, Word
from app.kernel.text import TC, T


class Direction(Code):
    """Which way a call or text went."""

    IN = 0, TC("direction", "Incoming")
    OUT = 1, TC("direction", "Outgoing")


class ContactType(Code):
    """Who is behind a number."""

    NEW = 0, T("Unknown number")
    PATIENT = 1, T("Patient")
    EMPLOYEE = 2, T("Employee")


class Channel(Word):
    """How a message travels."""

    SMS = "sms", T("Text message")
    EMAIL = "email", T("Email")


class Variant(Word):
    """Which of two wordings of a template."""

    A = "A", T("A")
    B = "B", T("B")


class MessageStatus(Word):
    """How far a message is."""

    QUEUED = "queued", T("Waiting to be sent")
    SENDING = "sending", T("Being sent")
    SENT = "sent", TC("message", "Sent")
    DELIVERED = "delivered", T("Delivered")
    FAILED = "failed", T("Not sent")
    CANCELLED = "cancelled", T("Cancelled")
