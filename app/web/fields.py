"""Form fields that work: dates, times, amounts, phones, shares, enums with a blank, searched references.

Each field reads what people type, keeps it when it is wrong, and says in the reader's language why.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, time
from typing import Any

from markupsafe import Markup, escape
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from app.kernel.dates import clinic_moment, parse_date
from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.money import parse_tugrug
from app.kernel.phones import parse_phone, show_phone
from app.kernel.text import T
from app.web import who
from app.web.text import clock, day, say

LARGEST_INTEGER = 2_147_483_647
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def attributes(**given: Any) -> str:
    """HTML attributes: `True` stands alone, `False` is left out. WTForms' own takes ten times as long."""
    return " ".join(
        name if value is True else f'{name}="{escape(value)}"' for name, value in given.items() if value is not False
    )


class QuickInput(TextInput):
    """An input of one line."""

    html_params = staticmethod(attributes)


class _Typed(StringField):
    """Text that is read into a value; the typed text stays when it can't be."""

    widget = QuickInput()
    css = ""
    inputmode = ""

    def read(self, typed: str) -> Any:
        """The value of what was typed: the text itself, unless the kind of field says otherwise. Raises RuleError."""
        return typed

    def show(self, value: Any) -> str:
        """The text of a value, as the field would read it again."""
        return say(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        try:
            self.data = self.read(clean(self.typed, 200))
        except RuleError as error:
            raise ValueError(say(error.text)) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.show(self.data)


def clean(typed: str, longest: int | None = None) -> str:
    """What was typed without surrounding space. Raises RuleError for control characters and for too much."""
    if _CONTROL.search(typed):
        raise RuleError(T("This text has a character that can't be stored."))
    if longest is not None and len(typed) > longest:
        raise RuleError(T("At most %(longest)s characters; this has %(length)s.", longest=longest, length=len(typed)))
    return typed


class TextField(StringField):
    """One line of text, trimmed; empty is None."""

    widget: Any = QuickInput()
    longest = 255

    def __init__(self, *args: Any, longest: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest or type(self).longest

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = (valuelist[0].strip() or None) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        if self.data is not None:
            try:
                clean(self.data, self.longest)
            except RuleError as error:
                raise ValidationError(say(error.text)) from error


class LongTextField(TextField, TextAreaField):
    """Several lines of text."""

    widget = TextAreaField.widget
    longest = 10_000

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = (valuelist[0].replace("\r\n", "\n").strip() or None) if valuelist else None


class DayField(_Typed):
    """A date; any usual way of writing it is read, `2026-11-20` is shown."""

    css, inputmode = "js-day", "numeric"
    read = staticmethod(parse_date)
    show = staticmethod(day)


def parse_clock(typed: str) -> time:
    """Read `14:30`, `1430`, `9.30`, `9`."""
    match = re.fullmatch(r"([0-9]{1,2})(?:\s*[:.\s]?\s*([0-9]{2}))?", typed)
    if match:
        hours, minutes = int(match[1]), int(match[2] or 0)
        if hours < 24 and minutes < 60:
            return time(hours, minutes)
    raise RuleError(T("Write a time such as 14:30."))


class ClockField(_Typed):
    """A wall-clock time."""

    css, inputmode = "js-clock", "numeric"
    read = staticmethod(parse_clock)
    show = staticmethod(clock)


class MomentField(_Typed):
    """A date and a time on the clinic's clock, kept as an instant."""

    css, inputmode = "js-moment", "numeric"

    def read(self, typed: str) -> datetime:
        day_part, _, clock_part = typed.replace("T", " ").partition(" ")
        return clinic_moment(parse_date(day_part), parse_clock(clock_part.strip()), who.clinic().zone)


class MoneyField(_Typed):
    """An amount in whole tögrög."""

    css, inputmode = "js-money num", "numeric"

    def __init__(self, *args: Any, least: int | None = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least = least

    def read(self, typed: str) -> int:
        amount = parse_tugrug(typed)
        if self.least is not None and amount < self.least:
            raise RuleError(T("At least %(least)s.", least=f"{self.least:,} ₮"))
        return amount

    def show(self, value: int) -> str:
        return f"{value:,}"


class PhoneField(_Typed):
    """A phone number, typed any way, kept in E.164."""

    css, inputmode = "js-phone", "tel"
    read = staticmethod(parse_phone)
    show = staticmethod(show_phone)


class NumberField(_Typed):
    """A whole number between bounds."""

    css, inputmode = "num", "numeric"

    def __init__(self, *args: Any, least: int = 0, most: int = LARGEST_INTEGER, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def read(self, typed: str) -> int:
        bare = re.sub(r"[\s,]", "", typed)
        if not re.fullmatch(r"-?[0-9]{1,18}", bare):
            raise RuleError(T("Write a whole number."))
        if not self.least <= int(bare) <= self.most:
            raise RuleError(T("From %(least)s to %(most)s.", least=f"{self.least:,}", most=f"{self.most:,}"))
        return int(bare)


class NumbersField(_Typed):
    """A few whole numbers, written one after the other: `3, 6, 12`."""

    def __init__(self, *args: Any, least: int = 0, most: int = LARGEST_INTEGER, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def read(self, typed: str) -> list[int]:
        """The numbers, each once and in its place. Raises RuleError."""
        parts = [part for part in re.split(r"[\s,;]+", typed) if part]
        if not parts or any(not re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
            raise RuleError(T("Write whole numbers with commas between them."))
        numbers = list(dict.fromkeys(map(int, parts)))
        if any(not self.least <= number <= self.most for number in numbers):
            raise RuleError(T("From %(least)s to %(most)s.", least=f"{self.least:,}", most=f"{self.most:,}"))
        return numbers

    def show(self, value: Any) -> str:
        """As one writes them."""
        return ", ".join(map(str, value))


class PercentField(_Typed):
    """A share, typed in percent, kept in basis points."""

    css, inputmode = "num", "decimal"

    def read(self, typed: str) -> int:
        match = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?", typed)
        points = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else -1
        if not 0 <= points <= 10_000:
            raise RuleError(T("Write a share from 0 to 100 %%."))
        return points

    def show(self, value: int) -> str:
        return f"{value / 100:g}"


class ChoiceWidget:
    """A select of an enum's members."""

    def __call__(self, field: "ChoiceField", **kwargs: Any) -> Markup:
        options = "".join(
            f'<option {"selected " if is_chosen else ""}value="{escape(word)}">{escape(text)}</option>'
            for word, text, is_chosen, _ in field.iter_choices()
        )
        return Markup(f"<select {attributes(id=field.id, **kwargs, name=field.name)}>{options}</select>")  # noqa: S704 - each part is escaped


class ChoiceField(SelectField):
    """An enum, with a blank first: nothing is chosen by default."""

    widget = ChoiceWidget()

    def __init__(self, *args: Any, enum_class: type[Code] | type[Word], **kwargs: Any) -> None:
        self.enum_class = enum_class
        members = {member.word: member for member in enum_class}
        super().__init__(
            *args,
            choices=(),
            coerce=lambda value: None if value in ("", None) else members.get(getattr(value, "word", value), value),
            **kwargs,
        )

    def iter_choices(self) -> Iterable[tuple[str, str, bool, dict[str, Any]]]:
        """(word, its name, whether it is chosen, nothing) of each member, the blank first."""
        chosen = getattr(self.data, "word", self.data or "")
        yield "", "", chosen == "", {}
        for member in self.enum_class:
            yield member.word, say(member), member.word == chosen, {}

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not isinstance(self.data, self.enum_class):
            raise ValidationError(say(T("Choose one of the list.")))


class YesField(BooleanField):
    """A tick."""

    false_values = (False, "false", "", "0", "n")


class ReferenceWidget:
    """A select that asks the server while one types; it holds only what is chosen."""

    def __call__(self, field: "ReferenceField", **kwargs: Any) -> Markup:
        css, url = f"js-lookup {kwargs.pop('class', '')}", field.lookup_url()
        given = attributes(**{"id": field.id, **kwargs, "class": css, "data-lookup": url})
        label = field.chosen_label()
        chosen = f'<option value="{escape(field.data)}" selected>{escape(label)}</option>' if label else ""
        return Markup(f'<select name="{escape(field.name)}" {given}><option value=""></option>{chosen}</select>')  # noqa: S704 - each part is escaped


class ReferenceField(Field):
    """A foreign key: searched by typing, never scrolled through, nothing chosen by default.

    `url` answers the search; `find` gives the row of an id under the person's row rules; `name_of` its label.
    """

    widget = ReferenceWidget()

    def __init__(
        self,
        *args: Any,
        url: Callable[[], str] = str,
        find: Callable[[int], Any] | None = None,
        name_of: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lookup_url, self.find, self.name_of = url, find, name_of

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = int(typed) if re.fullmatch(r"[0-9]{1,15}", typed) else None
        if typed and self.data is None:
            raise ValueError(say(T("Choose one of the list.")))

    def pre_validate(self, form: Any) -> None:
        row = self._row()
        if self.data is not None and row is None:
            raise ValidationError(say(T("Choose one of the list.")))
        # a patient whose record was merged into another while the form stood open
        self.data = getattr(row, "merged_into_id", None) or self.data

    def _row(self) -> Any:
        return self.find(self.data) if self.find is not None and self.data is not None else None

    def chosen_label(self) -> str:
        """The label of the chosen row."""
        row = self._row()
        return self.name_of(row) if row is not None else ""


def input_attributes(field: Field) -> dict[str, Any]:
    """The attributes a template gives to a field's input."""
    attributes: dict[str, Any] = {"class": " ".join(filter(None, ("form-control", getattr(field, "css", ""))))}
    if getattr(field, "inputmode", ""):
        attributes["inputmode"] = field.inputmode
    if getattr(field, "longest", None):
        attributes["maxlength"] = field.longest
    if field.errors:
        attributes["aria-invalid"] = "true"
        attributes["aria-describedby"] = f"{field.id}-error"
    if getattr(field.flags, "required", False):
        attributes["aria-required"] = "true"
    if isinstance(field.widget, TextInput):
        attributes["autocomplete"] = "off"
    return attributes


def required(form: Any, field: Field) -> None:
    """Validator: something must be there. Says so in one sentence, and only when nothing else is wrong."""
    is_empty = field.data is None or field.data == "" or (isinstance(field.data, list) and not field.data)
    if is_empty and not field.errors:
        raise ValidationError(say(T("Required")))


required.field_flags = {"required": True}  # type: ignore[attr-defined]  # what WTForms reads
