"""Fields of this room's forms."""

from typing import Any

from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.security.rules import Role
from app.web.text import say


class RolesField(SelectMultipleField):
    """The roles, as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=lambda: [(r.role_name, say(r)) for r in Role], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """No tick at all is an empty list."""
        super().process_formdata([typed for typed in valuelist if typed])
