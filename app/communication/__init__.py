"""Calls, texts, templates, the outbox of messages, notifications."""
