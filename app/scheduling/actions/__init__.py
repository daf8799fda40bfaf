"""Writes about rooms, shifts and appointments, inside the caller's transaction."""

from app.scheduling.actions.appointments import ASKED, book, move, reschedule, undo_move
from app.scheduling.actions.rooms import add_shifts, change_shift, copy_shift, set_room_status
from app.scheduling.actions.slots import purge_slots
from app.scheduling.actions.stays import enter_room, fill_stay, leave_room

__all__ = [
    "ASKED",
    "add_shifts",
    "book",
    "change_shift",
    "copy_shift",
    "enter_room",
    "fill_stay",
    "leave_room",
    "move",
    "purge_slots",
    "reschedule",
    "set_room_status",
    "undo_move",
]
