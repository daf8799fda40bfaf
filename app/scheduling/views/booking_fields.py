"""The fields of a booking that are no columns: the caller, who comes along, how it repeats, what it answers."""

import re
from typing import Any

from markupsafe import Markup
from wtforms import Field, HiddenField
from wtforms.validators import ValidationError

from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling.rules.repeating import LEAST_TIMES, MOST_TIMES, MOST_WEEKS_BETWEEN, FamilyWay
from app.web import fields
from app.web.text import lazy, say

CALLER = ("caller_name", "caller_phone", "is_somebody_else")
REPEAT = ("repeat_weeks", "repeat_times", "repeat_until")
FAMILY = ("also_for", "family_way")
ANSWERS = ("waitlist_entry", "recall", "is_here")
MOST_KEYS = 20


class HiddenKeyField(HiddenField):
    """The number of a row that the form carries along."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = parse_key(typed)
        if typed and self.data is None:
            raise ValueError(say(T("This form is incomplete. Load the page again.")))


class KeysField(Field):
    """The numbers of a few rows, as ticks that the page draws."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = [str(one).strip() for one in valuelist if str(one).strip()][: MOST_KEYS + 1]
        self.data = list(dict.fromkeys(int(one) for one in typed if re.fullmatch(r"[0-9]{1,15}", one)))
        if len(typed) > MOST_KEYS or any(not re.fullmatch(r"[0-9]{1,15}", one) for one in typed):
            raise ValueError(say(T("Choose one of the list.")))

    def process_data(self, value: Any) -> None:
        """What a new form starts with."""
        self.data = list(value or [])

    def __call__(self, **_kwargs: Any) -> Markup:
        return Markup("")


class WayField(fields.ChoiceField):
    """How a family comes; one after the other where nothing was said."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data is None and form.also_for.data:
            self.data = FamilyWay.AFTER


class RepeatTimesField(fields.NumberField):
    """How many times in all; asked for, unless there is a last day, where the visit repeats."""

    def pre_validate(self, form: Any) -> None:
        if form.repeat_weeks.data is None and (self.data is not None or form.repeat_until.data is not None):
            raise ValidationError(say(T("Choose after how many weeks the visit repeats.")))


MADE_FIELDS: dict[str, Any] = {
    "caller_name": fields.TextField(lazy(T("Caller's name")), longest=61),
    "caller_phone": fields.PhoneField(lazy(T("Caller's phone"))),
    "is_somebody_else": fields.YesField(lazy(T("This caller is somebody else: book as a new patient"))),
    "minutes": fields.NumberField(lazy(T("Length, minutes")), least=5, most=720),
    "repeat_weeks": fields.NumberField(lazy(T("Repeat")), least=1, most=MOST_WEEKS_BETWEEN),
    "repeat_times": RepeatTimesField(lazy(T("How many times")), least=LEAST_TIMES, most=MOST_TIMES),
    "repeat_until": fields.DayField(lazy(T("Or until this day"))),
    "also_for": KeysField(lazy(T("Also book for"))),
    "family_way": WayField(lazy(T("How they come")), enum_class=FamilyWay),
    "waitlist_entry": HiddenKeyField(lazy(T("Waitlist"))),
    "recall": HiddenKeyField(lazy(T("Recall"))),
    "is_here": fields.YesField(lazy(T("Is here already: check in at once"))),
}
