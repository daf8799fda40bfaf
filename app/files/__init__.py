"""Stored files: what was uploaded, and where it lies."""
