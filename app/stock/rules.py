"""Supplies: what a movement does to the count, and when an item is low. Source: rules.md, Stock."""

from app.kernel.enums import Word
from app.kernel.text import T


class Unit(Word):
    """What an item is counted in."""

    PIECE = "piece", T("piece")
    BOX = "box", T("box")
    PACK = "pack", T("pack")
    BOTTLE = "bottle", T("bottle")
    TUBE = "tube", T("tube")
    SYRINGE = "syringe", T("syringe")
    AMPOULE = "ampoule", T("ampoule")
    CAPSULE = "capsule", T("capsule")
    PAIR = "pair", T("pair")
    ROLL = "roll", T("roll")
    SET = "set", T("set")
    MILLILITRE = "ml", T("ml")
    GRAM = "g", T("g")


class ItemCategory(Word):
    """What an item is for."""

    CONSUMABLE = "consumable", T("Consumables")
    ANAESTHETIC = "anaesthetic", T("Anaesthetics")
    FILLING = "filling", T("Filling materials")
    ENDODONTIC = "endodontic", T("Root canal materials")
    PROSTHETIC = "prosthetic", T("Prosthetic materials")
    ORTHODONTIC = "orthodontic", T("Orthodontic materials")
    SURGICAL = "surgical", T("Surgical materials")
    HYGIENE = "hygiene", T("Hygiene and protection")
    INSTRUMENT = "instrument", T("Instruments")
    EQUIPMENT = "equipment", T("Equipment")
    MEDICINE = "medicine", T("Medicines")
    OFFICE = "office", T("Office supplies")
    OTHER = "other", T("Other")


class Movement(Word):
    """Why the count of an item changed."""

    RECEIVED = "received", T("Received")
    USED = "used", T("Used")
    RETURNED = "returned", T("Returned to the supplier")
    ADJUSTED = "adjusted", T("Adjusted")
    EXPIRED = "expired", T("Expired")
    LOST = "lost", T("Lost or broken")


class ExpenseMethod(Word):
    """How an expense was paid."""

    CASH = "cash", T("Cash")
    CARD = "card", T("Card")
    BANK_TRANSFER = "bank transfer", T("Bank transfer")
    OTHER = "other", T("Other")
