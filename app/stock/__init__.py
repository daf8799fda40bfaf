"""Supplies, their movements, suppliers; what the clinic spends, by category."""
