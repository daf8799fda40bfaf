"""What Flask-AppBuilder needs once: the base view, fields, forms, labels, filters, charts, PDF, theme.

Imports no room: the factory hands in who is it, may they, and how to write the audit (`app.web.who`).
"""
