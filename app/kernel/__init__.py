"""Pure building blocks: money, dates, phones, register numbers, folding, errors, enums, moves, text marks.

Nothing here knows Flask, SQLAlchemy, the clock or a language.
"""
