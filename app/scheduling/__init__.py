"""Rooms, chairs, shifts, holidays, and the appointments that hold them."""
