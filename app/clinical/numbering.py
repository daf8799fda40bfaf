"""How the reader of a page numbers teeth, for the pages of this room and those above it."""

from flask import request

from app.catalogue.rules import ToothSystem, show_tooth

COOKIE = "soyoo_teeth"  # the numbering somebody chose, kept on their device


def numbering() -> ToothSystem:
    """The way of numbering teeth that this person chose; FDI by default."""
    chosen = request.cookies.get(COOKIE, "")
    return next((system for system in ToothSystem if system.word == chosen), ToothSystem.FDI)


def shown_tooth(code: str) -> str:
    """A tooth's number as this person reads it."""
    return show_tooth(code, numbering())
