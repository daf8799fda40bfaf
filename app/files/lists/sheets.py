"""A spreadsheet as rows of text: CSV in the encodings and separators of Mongolian clinics, or XLSX.

What a file is, is told by its content, never by its name. What comes out is text alone: dates as
`1985-04-03`, whole numbers without a point. Limits keep a crafted file from filling the memory.
"""

import codecs
import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from app.kernel.errors import RuleError
from app.kernel.lists import HEADER_WITHIN, Heads
from app.kernel.text import T, Text

MOST_ROWS, MOST_COLUMNS = 100_000, 60
LARGEST_UNPACKED, LARGEST_TEXTS, HIGHEST_RATIO = 400 * 2**20, 80 * 2**20, 250
SEPARATORS = (";", ",", "\t", "|")
_PIECE = 2**20
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OLD_EXCEL, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_FOREIGN = (b"%PDF", b"{\\rtf", b"GIF8")
# Code page 1251 has no Ө and Ү: lists written in it use the Ukrainian letters in their place.
_TWINS = str.maketrans("ЄЇєї", "ӨҮөү")


def read_rows(path: Path, heads: Heads[Any]) -> Iterator[list[str]]:
    """Every row of the file's list, the first one being row 1. Raises RuleError for anything that is no list.

    Of a workbook's sheets it is the one with a header that `heads` knows.
    """
    with path.open("rb") as file:
        head = file.read(4_096)
    if not head.strip():
        raise _refusal(T("This file is empty."))
    if head.startswith(_OLD_EXCEL):
        raise _refusal(T("This is an old or protected Excel file. Save it as .xlsx without a password, or as CSV."))
    rows = _workbook_rows(path, heads) if head.startswith(_ZIP) else _text_rows(path, head)
    return _bounded(rows)


def _refusal(text: Text) -> RuleError:
    return RuleError(text, field="file")


def _not_a_list() -> RuleError:
    return _refusal(T("This file is no list. Choose an Excel file (.xlsx) or a CSV."))


def _bounded(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows without the empty ones at the end, at most `MOST_ROWS` below a header."""
    held: list[list[str]] = []  # empty rows that are real only if something comes after them
    count = 0
    for row in rows:
        count += 1
        if len(row) > MOST_COLUMNS:
            if any(cell.strip() for cell in row[MOST_COLUMNS:]):
                raise _refusal(T("This list has more than %(most)s columns.", most=MOST_COLUMNS))
            del row[MOST_COLUMNS:]
        if not any(row) and len(held) <= MOST_ROWS:
            held.append(row)
            continue
        if count > MOST_ROWS + HEADER_WITHIN:
            raise _refusal(T("This list has more than %(most)s rows. Cut it into parts.", most=f"{MOST_ROWS:,}"))
        yield from held
        held.clear()
        yield row
    if count == len(held):
        raise _refusal(T("This file is empty."))


# --- text


def _text_rows(path: Path, head: bytes) -> Iterator[list[str]]:
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not bare:
        raise _refusal(T("This file is empty."))
    if bare.startswith(b"<") or head.startswith(_FOREIGN):
        raise _not_a_list()
    encoding = _encoding(path, head)
    separator = _separator(_lines(path, encoding))
    try:
        for record in csv.reader(_lines(path, encoding), delimiter=separator):
            yield [cell.translate(_TWINS) for cell in record] if encoding == "cp1251" else record
    except csv.Error:
        raise _refusal(T("A cell of this list is too long. Is a quotation mark missing somewhere?")) from None


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    elif b"\x00" in head:
        found = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    elif _decodes(path, "utf-8-sig"):
        found = "utf-8-sig"
    else:
        found = "cp1251"
    if not found.startswith("utf-16") and _has_control(path):
        raise _not_a_list()
    if found != "utf-8-sig" and not (_decodes(path, found) and _reads_as_text(path, found)):
        raise _not_a_list()
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in codecs.iterdecode(_pieces(path), encoding):
            pass
    except UnicodeError:
        return False
    return True


def _has_control(path: Path) -> bool:
    return any(_NOT_TEXT.search(piece) for piece in _pieces(path))


def _reads_as_text(path: Path, encoding: str) -> bool:
    """Whether most of it is letters, digits and signs of our languages: any bytes decode somehow."""
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(20_000)
    usual = sum((char.isascii() and (char.isprintable() or char.isspace())) or "Ѐ" <= char <= "ӿ" for char in sample)
    return "\x00" not in sample and usual >= 0.9 * len(sample)


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, newline="") as file:
        yield from file


def _separator(lines: Iterator[str]) -> str:
    """The sign that cuts the first lines into the most columns, the same number in most of them."""
    sample = list(islice(lines, 40))
    first = re.fullmatch(r"sep=(.)\s*", sample[0]) if sample else None
    if first:
        return first[1]

    def columns(separator: str) -> tuple[int, int]:
        widths = [len(record) for record in csv.reader(sample, delimiter=separator)]
        usual = max(set(widths), key=lambda width: (width > 1, widths.count(width)))
        return (widths.count(usual) if usual > 1 else 0) * 2 >= len(widths), usual

    try:
        return max(SEPARATORS, key=columns)
    except csv.Error:
        return SEPARATORS[0]


# --- Excel


def _workbook_rows(path: Path, heads: Heads[Any]) -> Iterator[list[str]]:
    _check_package(path)
    from openpyxl import load_workbook  # a large library, needed by this alone

    try:
        with path.open("rb") as file:  # by its name it would judge the file by its ending
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            yield from _sheet_rows(_chosen(book, heads))
    except RuleError:
        raise
    except Exception as error:  # whatever a damaged file makes of the library
        raise _refusal(T("This Excel file is damaged. Open it, save it again and choose it anew.")) from error


def _check_package(path: Path) -> None:
    """Refuse a package that is no workbook, unpacks to too much, or declares entities."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            if "xl/workbook.xml" not in {part.filename for part in parts}:
                raise _not_a_list()
            size = sum(part.file_size for part in parts)
            texts = max((p.file_size for p in parts if p.filename.endswith("sharedStrings.xml")), default=0)
            if size > min(LARGEST_UNPACKED, HIGHEST_RATIO * path.stat().st_size) or texts > LARGEST_TEXTS:
                raise _refusal(T("This Excel file unpacks to too much. Save only the list and try again."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares_entities(package, part):
                    raise _not_a_list()
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError):
        raise _refusal(T("This Excel file is damaged. Open it, save it again and choose it anew.")) from None


def _declares_entities(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """A workbook's XML never has a document type; one that has wants to trick the parser."""
    with package.open(part) as file:
        head = file.read(65_536)
    return b"<!DOCTYPE" in head or b"<!ENTITY" in head or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _chosen(book: Any, heads: Heads[Any]) -> Any:
    """The sheet with the list: the first with a header that we know, else the first that holds anything."""
    filled = None
    for sheet in book.worksheets:
        rows = list(islice(_sheet_rows(sheet), HEADER_WITHIN))
        if heads.recognise(rows).header_row:
            return sheet
        if filled is None and any(any(row) for row in rows):
            filled = sheet
    if filled is None:
        raise _refusal(T("This file is empty."))
    return filled


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # a file may say a size that it doesn't have
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1):
        cells = [_as_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _as_text(value: Any) -> str:
    """A cell's value as somebody would type it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    return "" if re.fullmatch(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!)", text) else text
