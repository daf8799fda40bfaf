"""A list as CSV or Excel: exactly what is filtered, written row by row, formulas made harmless."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import xlsxwriter
from flask import Response, stream_with_context

BOM = "\ufeff"  # Excel reads a CSV as UTF-8 only with it


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it (rules.md, Security)."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A streamed CSV."""

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        yield BOM
        writer.writerow(header)
        for row in rows:
            writer.writerow([harmless(value) if type(value) is not int else value for value in row])
            if buffer.tell() > 32_000:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    return Response(stream_with_context(lines()), mimetype="text/csv", headers=_download(f"{name}.csv"))


def xlsx_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """An Excel file, written to disk row by row and sent in pieces."""
    handle, path = tempfile.mkstemp(suffix=".xlsx")
    os.close(handle)
    try:
        book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, header, bold)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
        book.close()
        file = open(path, "rb")  # noqa: SIM115 - closed when the answer has been sent
    finally:
        os.unlink(path)
    answer = Response(
        iter(lambda: file.read(65_536), b""),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers=_download(f"{name}.xlsx"),
    )
    answer.call_on_close(file.close)
    return answer


def _download(filename: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
