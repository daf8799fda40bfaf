"""Roles and rights, sign-in by phone number, sessions on the server, settings, the clinic's own row."""
