"""What stands between braces in a template, and what is put in its place."""

import re
from collections.abc import Iterator, Mapping

from app.communication.rules.kinds import Channel
from app.communication.rules.texting import MOST_PARTS, in_latin, size_of
from app.kernel.errors import RuleError
from app.kernel.text import Names, T, Text

# what a template may name, what it means, and an example of it
PLACEHOLDERS: Mapping[str, tuple[Text, Names]] = {
    "patient": (T("the patient's name"), Names("Бат-Эрдэнэ", "Bat-Erdene")),
    "date": (T("the day of the appointment"), Names("2026-11-24", "2026-11-24")),
    "time": (T("the time of the appointment"), Names("14:30", "14:30")),
    "doctor": (T("the doctor"), Names("Б.Сарангэрэл", "B.Sarangerel")),
    "clinic": (T("the clinic's name"), Names("Соёо шүдний эмнэлэг", "Soyoo Dental Clinic")),
    "amount": (T("an amount of money"), Names("150,000 ₮", "150,000 ₮")),
    "phone": (T("the clinic's phone"), Names("7711 2233", "7711 2233")),
}
_NAMED = re.compile(r"\{([^{}]*)\}")
BODIES = ("body_mn", "body_en", "subject_mn", "subject_en")


def names_in(text: str) -> list[str]:
    """The placeholders of a text, in their order."""
    return _NAMED.findall(text)


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with what is known put in; what is not known stays between its braces."""
    return _NAMED.sub(lambda found: values.get(found[1]) or found[0], text)


def check_wording(values: Mapping[str, str | None], channel: Channel, is_latin: bool) -> None:
    """Refuse a template that names what nobody knows, an email without a subject, an endless text. Raises RuleError."""
    errors = [(field, text) for field in BODIES for text in _wrong_names(values.get(field) or "")]
    if channel is Channel.EMAIL:
        needed = ("subject_mn", "subject_en")
        errors += [(field, T("An email needs a subject.")) for field in needed if not values.get(field)]
    else:
        errors += [
            (field, T("This takes %(count)s text messages; at most %(most)s.", count=parts, most=MOST_PARTS))
            for field in ("body_mn", "body_en")
            if (parts := _parts(values.get(field) or "", is_latin)) > MOST_PARTS
        ]
    if errors:
        raise RuleError.many(errors)


def _wrong_names(text: str) -> Iterator[Text]:
    for name in names_in(text):
        if name not in PLACEHOLDERS:
            yield T(
                "“{%(name)s}” is not known. Use %(known)s.",
                name=name[:40],
                known=", ".join(f"{{{known}}}" for known in PLACEHOLDERS),
            )
    if set("{}") & set(_NAMED.sub("", text)):
        yield T("A brace is open or closed alone.")


def _parts(text: str, is_latin: bool) -> int:
    shown = fill_in(text, {name: example.mn for name, (_, example) in PLACEHOLDERS.items()})
    return size_of(in_latin(shown) if is_latin else shown).parts


def check_text(text: str, is_latin: bool = False) -> None:
    """Refuse a text message with a gap in it, or one that takes too many parts. Raises RuleError."""
    gaps = [name for name in names_in(text) if name in PLACEHOLDERS]
    if gaps:
        raise RuleError(T("Write what belongs into {%(name)s} first.", name=gaps[0]), field="body")
    parts = size_of(in_latin(text) if is_latin else text).parts
    if parts > MOST_PARTS:
        text_ = T("This takes %(count)s text messages; at most %(most)s.", count=parts, most=MOST_PARTS)
        raise RuleError(text_, field="body")
