"""Patients, employees, their phones, positions and health."""
