"""Writes about rooms, shifts and appointments, inside the caller's transaction."""

from app.scheduling.actions.appointments import ASKED, book, move, reschedule, undo_move
from app.scheduling.actions.rooms import keep_status, set_room_status
from app.scheduling.actions.shifts import add_shifts, change_shift, copy_shift
from app.scheduling.actions.slots import purge_slots
from app.scheduling.actions.stays import (
    enter_room,
    fill_stay,
    leave_room,
    move_to_place,
    put_into_room,
    take_out,
    undo_stay,
)

__all__ = [
    "ASKED",
    "add_shifts",
    "book",
    "change_shift",
    "copy_shift",
    "enter_room",
    "fill_stay",
    "keep_status",
    "leave_room",
    "move",
    "move_to_place",
    "purge_slots",
    "put_into_room",
    "reschedule",
    "set_room_status",
    "take_out",
    "undo_move",
    "undo_stay",
]
