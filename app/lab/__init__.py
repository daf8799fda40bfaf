"""Dental labs, what is asked of them, and results of medical tests."""
