"""A field of this room: several members of an enum, each with a tick."""

from typing import Any

from markupsafe import Markup
from wtforms import Field
from wtforms.validators import ValidationError

from app.kernel.enums import Word
from app.kernel.text import T
from app.web.text import say

_TICK = Markup(
    '<span class="check"><input type="checkbox" id="{id}-{number}" name="{name}" value="{value}"{ticked}>'
    '<label for="{id}-{number}">{label}</label></span>'
)


class Ticks:
    """The members side by side, as a named group."""

    def __call__(self, field: "TicksField", **kwargs: Any) -> Markup:
        ticks = [
            _TICK.format(
                id=field.id,
                number=number,
                name=field.name,
                value=member.value,
                ticked=Markup(" checked") if member.value in (field.data or ()) else "",
                label=say(member),
            )
            for number, member in enumerate(field.enum_class)
        ]
        described = kwargs.get("aria-describedby", "")
        return Markup('<div class="ticks" role="group" id="{}" aria-label="{}" aria-describedby="{}">{}</div>').format(
            field.id, field.label.text, described, Markup("").join(ticks)
        )


class TicksField(Field):
    """Words of an enum, kept as a list in the enum's order."""

    widget = Ticks()

    def __init__(self, *args: Any, enum_class: type[Word], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enum_class = enum_class

    def process_formdata(self, valuelist: list[Any]) -> None:
        wanted = {str(word) for word in valuelist}
        self.unknown = wanted - {member.value for member in self.enum_class}
        self.data = [member.value for member in self.enum_class if member.value in wanted]

    def pre_validate(self, form: Any) -> None:
        if getattr(self, "unknown", None):
            raise ValidationError(say(T("Choose one of the list.")))
