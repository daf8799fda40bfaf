"""Soyoo: the system a Mongolian dental clinic runs on.

This package imports nothing, so that the rules of every room can be imported without Flask.
"""
