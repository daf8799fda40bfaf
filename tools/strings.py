"""The catalogues: every string of ours, of Flask-AppBuilder and of WTForms, in Mongolian and English.

python tools/strings.py update     extract and merge into translations/{mn,en}
python tools/strings.py check      fail on a string that wasn't extracted, is empty, fuzzy, or breaks a placeholder
python tools/strings.py empty      print what has no Mongolian yet, as a .po to be filled in
python tools/strings.py fill FILE  take the Mongolian of such a file over
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import flask_appbuilder
import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("mn", "en")
KEYWORDS = {
    "T": (1,), "TC": ((1, "c"), 2), "_": (1,), "gettext": (1,), "lazy_gettext": (1,), "_l": (1,), "pgettext": ((1, "c"), 2),
    "ngettext": (1, 2), "as_unicode": None, "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
PYTHON = [("**.py", "python")]
OURS = [*PYTHON, ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false"}}
SOURCES = (
    (ROOT / "app", OURS, "app"),
    (Path(flask_appbuilder.__file__).parent, PYTHON, "flask_appbuilder"),
    (Path(wtforms.__file__).parent, PYTHON, "wtforms"),
)
_PERCENT = re.compile(r"%\((\w+)\)[sd]")
_BRACE = re.compile(r"(?<!\{)\{(\w+)\}")


def extract() -> Catalog:
    """Every marked string."""
    found = Catalog(project="Soyoo", charset="utf-8")
    keywords = {name: spec for name, spec in KEYWORDS.items() if spec is not None}
    for folder, methods, label in SOURCES:
        for file, _line, text, comments, context in extract_from_dir(
            str(folder), method_map=methods, options_map=OPTIONS, keywords=keywords
        ):
            found.add(text, None, [(f"{label}/{file}", 0)], auto_comments=comments, context=context)
    return found


def path_of(locale: str) -> Path:
    """Where a catalogue lies."""
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


def load(locale: str) -> Catalog:
    """A catalogue as it is committed; an empty one where there is none."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=locale, project="Soyoo", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def store(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue without line numbers and dates, so that it changes only where a string does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.fuzzy = False
    with path.open("wb") as file:
        write_po(
            file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True, omit_header=False
        )
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r'"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To):[^\n]*\n',
        "",
        text,
    )
    path.write_text(re.sub(r"\A(#[^\n]*\n)+", "", text), encoding="utf-8")


def update() -> None:
    """Merge new strings in; English says itself, Mongolian waits empty."""
    template = extract()
    for locale in LOCALES:
        catalogue = load(locale)
        catalogue.update(template, no_fuzzy_matching=True)
        if locale == "en":
            for message in catalogue:
                if message.id and not _is_filled(message):
                    message.string = message.id
        store(catalogue, path_of(locale))


def _is_filled(message: Message) -> bool:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(texts) and all(texts)


def key(message: Message) -> tuple[str, str]:
    """(context, id) of a message."""
    identifier = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return message.context or "", identifier


def problems() -> Iterator[str]:
    """Everything that must not be shipped."""
    wanted = {key(message) for message in extract() if message.id}
    for locale in LOCALES:
        have = {key(message): message for message in load(locale) if message.id}
        yield from (f"{locale}: not extracted yet: {text!r}" for _, text in sorted(wanted - have.keys()))
        yield from (f"{locale}: nobody says this any more: {text!r}" for _, text in sorted(have.keys() - wanted))
        for (_, text), message in sorted(have.items()):
            if "%" in _PERCENT.sub("", text).replace("%%", "") and any(
                where.startswith("app/") for where, _ in message.locations
            ):
                yield f"{locale}: write %% for a percent sign: {text!r}"
            if not _is_filled(message):
                yield f"{locale}: empty: {text!r}"
            elif message.fuzzy:
                yield f"{locale}: fuzzy: {text!r}"
            elif not _keeps_placeholders(message):
                yield f"{locale}: other placeholders: {text!r} → {message.string!r}"


def _keeps_placeholders(message: Message) -> bool:
    ids = message.id if isinstance(message.id, list | tuple) else [message.id]
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    wanted = {sign for text in ids for sign in (*_PERCENT.findall(text), *_BRACE.findall(text))}
    bare = "%" in _PERCENT.sub("", "".join(ids)).replace("%%", "")
    for text in texts:
        signs = {*_PERCENT.findall(text), *_BRACE.findall(text)}
        if signs - wanted or (wanted - signs and len(ids) == 1):
            return False
        if not bare and "%" in _PERCENT.sub("", text).replace("%%", ""):
            return False
    return True


def empty() -> Catalog:
    """What has no Mongolian yet."""
    found = Catalog(locale="mn", project="Soyoo", charset="utf-8")
    for message in load("mn"):
        if message.id and not _is_filled(message):
            found.add(message.id, None, locations=message.locations, context=message.context)
    return found


def fill(path: Path) -> int:
    """Take over the Mongolian of `path`; returns how many strings were filled."""
    with path.open("rb") as file:
        given = {key(m): m.string for m in read_po(file, locale="mn") if m.id and _is_filled(m)}
    catalogue = load("mn")
    count = 0
    for message in catalogue:
        if message.id and key(message) in given:
            message.string = given[key(message)]
            count += 1
    store(catalogue, path_of("mn"))
    return count


def main() -> int:
    """The command line."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "update":
        update()
    elif command == "check":
        found = list(problems())
        print("\n".join(found[:60]) if found else "catalogues complete")
        return 1 if found else 0
    elif command == "empty":
        write_po(sys.stdout.buffer, empty(), width=200, sort_output=True, include_lineno=False)
    elif command == "fill":
        print(f"{fill(Path(sys.argv[2]))} strings")
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
