"""Enums whose member is its stored value and its label in one line."""

import enum
from typing import Self

from app.kernel.text import Text


class Code(enum.IntEnum):
    """A number in the database, a word on the wire, a label for people.

    >>> class Answer(Code):
    ...     NO = 0, T("No")
    """

    label: Text

    def __new__(cls, value: int, label: Text) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @property
    def word(self) -> str:
        """The word the API uses: the member's name in lower case."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Self:
        """The member whose `word` this is. Raises KeyError."""
        return cls[word.upper()]


class Word(enum.StrEnum):
    """A word in the database and on the wire, a label for people."""

    label: Text

    def __new__(cls, value: str, label: Text) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @property
    def word(self) -> str:
        """The word the API uses: the stored one."""
        return self.value
