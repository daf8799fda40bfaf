"""The key of a form: whatever is sent under it twice, by a double click or a reload, is written once."""

import re
from typing import Any
from uuid import uuid4

from wtforms import HiddenField
from wtforms.validators import ValidationError

from app.kernel.text import T
from app.web.text import say

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """A key for one form."""
    return uuid4().hex


class KeyField(HiddenField):
    """The key of a form; one that was tampered with is refused."""

    def pre_validate(self, form: Any) -> None:
        if not _KEY.fullmatch(self.data or ""):
            raise ValidationError(say(T("This form is incomplete. Load the page again.")))
