"""Insurers, their plans, and who is insured with whom."""
