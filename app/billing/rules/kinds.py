"""The words of this room."""

from app.kernel.enums import Code, Word
from app.kernel.text import T


class InvoiceStatus(Word):
    """Derived from the amounts, kept for lists."""

    DRAFT = "draft", T("Draft")
    ISSUED = "issued", T("Issued")
    PARTLY_PAID = "partly_paid", T("Partly paid")
    PAID = "paid", T("Paid")
    VOID = "void", T("Void")


class AdjustmentKind(Word):
    """Why a balance changes without money."""

    WRITE_OFF = "write-off", T("Write-off")
    WAIVER = "waiver", T("Waiver")
    CORRECTION = "correction", T("Correction")


class PaymentMethod(Word):
    """How money came."""

    CASH = "cash", T("Cash")
    CARD = "card", T("Card")
    BANK_TRANSFER = "bank transfer", T("Bank transfer")
    QPAY = "QPay", T("QPay")
    SOCIALPAY = "SocialPay", T("SocialPay")
    INSURANCE = "insurance", T("Insurance")
    OTHER = "other", T("Other")


class PaymentStatus(Word):
    """Derived from what was given back of a payment; never stored."""

    POSTED = "posted", T("Posted")
    PARTLY_REFUNDED = "partly refunded", T("Partly refunded")
    REFUNDED = "refunded", T("Refunded")
    REVERSED = "reversed", T("Reversed")


class RefundKind(Word):
    """Money given back, or money that was never received."""

    REFUND = "refund", T("Refund")
    REVERSAL = "reversal", T("Reversal")


class EntryKind(Word):
    """What an entry of the ledger is."""

    CHARGE = "charge", T("Charge")
    PAYMENT = "payment", T("Payment")
    ADJUSTMENT = "adjustment", T("Adjustment")
    REFUND = "refund", T("Refund")
    WRITE_OFF = "write-off", T("Write-off")
    VOID = "void", T("Void")


class AgeBucket(Code):
    """How long a receivable is past its due date."""

    NOT_DUE = 0, T("Not due yet")
    TO_30 = 1, T("1–30 days late")
    TO_60 = 2, T("31–60 days late")
    TO_90 = 3, T("61–90 days late")
    OVER_90 = 4, T("More than 90 days late")
