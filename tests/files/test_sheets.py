"""Files of lists: what is read of them, and what is refused by its content."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook

from app.files.lists import sheets
from app.kernel.errors import RuleError
from app.people.rules.columns import HEADS

ROWS = [
    ["Овог", "Нэр", "Утас", "Хаяг"],
    ["Өнөр", "Үүрэн", "99112233", 'СБД; "Номин", 5'],
    ["", "", "", ""],
    ["Дорж", "Бат", "88", "x"],
]


def read_rows(path: Path) -> Iterator[list[str]]:
    return sheets.read_rows(path, HEADS)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[bytes], Path]:
    """Write a file under a name that says nothing."""

    def write(data: bytes) -> Path:
        path = tmp_path / "list.bin"
        path.write_bytes(data)
        return path

    return write


def as_csv(separator: str = ";", rows: list[list[str]] = ROWS) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_text_is_read_in_every_encoding_with_every_separator(
    keep: Callable[[bytes], Path], separator: str, encoding: str
) -> None:
    assert list(read_rows(keep(as_csv(separator).encode(encoding)))) == ROWS


def test_the_old_code_page_is_read_with_its_two_substitute_letters(keep: Callable[[bytes], Path]) -> None:
    old = as_csv().translate(str.maketrans("ӨҮөү", "ЄЇєї")).encode("cp1251")
    assert list(read_rows(keep(old))) == ROWS


def test_excels_own_first_line_about_the_separator_is_believed(keep: Callable[[bytes], Path]) -> None:
    rows = list(read_rows(keep(("sep=|\n" + as_csv("|")).encode())))
    assert rows[1:] == ROWS


def test_a_line_break_inside_quotes_is_part_of_the_cell(keep: Callable[[bytes], Path]) -> None:
    assert list(read_rows(keep('Нэр;Хаяг\nБат;"нэг\nхоёр"\n'.encode())))[1] == ["Бат", "нэг\nхоёр"]


def book(keep: Callable[[bytes], Path], *tables: list[list[object]]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for number, rows in enumerate(tables):
        sheet = workbook.create_sheet(f"{number}")
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    workbook.save(data)
    return keep(data.getvalue())


def test_a_workbook_gives_real_dates_whole_numbers_and_text(keep: Callable[[bytes], Path]) -> None:
    cells = [
        "Бат",
        date(1985, 4, 3),
        datetime.fromisoformat("2020-01-02T14:30"),
        99112233,
        99112233.0,
        1.5,
        None,
        True,
        "=1+1",
    ]
    rows = list(read_rows(book(keep, [["Нэр", "Утас"], cells])))
    assert rows[1][:7] == ["Бат", "1985-04-03", "2020-01-02 14:30", "99112233", "99112233", "1.5", ""]
    assert len(rows[1]) == 8, "a formula that nobody calculated is nothing"


def test_the_sheet_with_the_list_is_found_behind_others(keep: Callable[[bytes], Path]) -> None:
    path = book(keep, [["Тайлан"], ["2026"]], [], [["Эмнэлэг"], ["Овог", "Нэр", "Утас"], ["Дорж", "Бат", "99112233"]])
    assert list(read_rows(path))[1] == ["Овог", "Нэр", "Утас"]


def test_empty_rows_at_the_end_do_not_count_and_those_between_do(keep: Callable[[bytes], Path]) -> None:
    path = book(keep, [["Нэр", "Утас"], ["Бат", "1"], [None, None], ["Болд", "2"], *[[None, ""]] * 50])
    assert [row[:1] for row in read_rows(path)] == [["Нэр"], ["Бат"], [], ["Болд"]]
    assert len(list(read_rows(keep("Нэр;Утас\nБат;1\n;\n\n\n".encode())))) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \r\n \r\n",
        "\ufeff".encode(),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        b"GIF89a;;;",
        b"%PDF-1.7\n1 0 obj",
        "<!doctype html><table><tr><td>Нэр</td></tr></table>".encode(),
        "\ufeff  <html>Нэр;Утас</html>".encode(),
        b"<?xml version='1.0'?><Workbook/>",
        b"<svg onload=alert(1)>",
        b"{\\rtf1 hello}",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"PK\x03\x04not really a zip",
        bytes(range(1, 256)) * 20,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_list_is_refused_by_its_content_whatever_its_name(
    keep: Callable[[bytes], Path], data: bytes
) -> None:
    with pytest.raises(RuleError) as refusal:
        list(read_rows(keep(data)))
    assert refusal.value.field == "file"


def package(parts: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_a_zip_that_is_no_workbook_or_a_damaged_one_is_refused(keep: Callable[[bytes], Path]) -> None:
    for data in (package({"a.txt": b"x"}), package({"xl/workbook.xml": b"<broken"}), as_xlsx()[:-300]):
        with pytest.raises(RuleError):
            list(read_rows(keep(data)))


def as_xlsx(rows: list[list[str]] = ROWS) -> bytes:
    data = io.BytesIO()
    workbook = xlsxwriter.Workbook(data)
    sheet = workbook.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    workbook.close()
    return data.getvalue()


def test_a_workbook_that_unpacks_to_far_too_much_is_refused_before_it_is_unpacked(
    keep: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = package({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b" " * 30_000_000})
    opened: list[object] = []
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_a, **_k: opened.append(1))
    with pytest.raises(RuleError):
        list(read_rows(keep(bomb)))
    assert not opened


def test_a_workbook_that_declares_entities_is_refused(keep: Callable[[bytes], Path]) -> None:
    lol = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'
    with pytest.raises(RuleError):
        list(read_rows(keep(package({"xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": lol}))))


def test_too_many_rows_or_columns_are_refused(keep: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 10)
    assert len(list(read_rows(keep(("Нэр;Утас\n" + "Бат;1\n" * 10).encode())))) == 11
    with pytest.raises(RuleError):
        list(read_rows(keep(("Нэр;Утас\n" + "Бат;1\n" * 60).encode())))
    with pytest.raises(RuleError):
        list(read_rows(keep(("Нэр;Утас\n" + ";".join(["x"] * 80)).encode())))


def test_a_quotation_mark_that_never_ends_is_said_so(keep: Callable[[bytes], Path]) -> None:
    with pytest.raises(RuleError):
        list(read_rows(keep(('Нэр;Хаяг\nБат;"' + "х" * 200_000).encode())))
