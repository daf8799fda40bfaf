"""Paper: HTML templates turned into PDF by xhtml2pdf, with our own fonts and nothing from outside.

The font lies inside the only folder that may be read; outside it, xhtml2pdf returns no error and prints
Cyrillic as black boxes.
"""

import io
import logging
from collections.abc import Callable
from typing import Any

from flask import Response, render_template

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.web import who
from app.web.text import speaking
from app.web.theme import STATIC

log = logging.getLogger(__name__)
# table → the paper of a row (its file name and the PDF), None where it has none yet; filled by the rooms' views
PAPERS: dict[type[Any], Callable[[Any], "tuple[str, bytes] | None"]] = {}
FONTS = STATIC / "vendor" / "noto-sans"


def render_pdf(template: str, locale: str, **context: Any) -> bytes:
    """The PDF of a template under `pdf/`, in this language. Raises RuleError where it can't be made."""
    # a large library that most requests never need: loaded with the first document
    from xhtml2pdf import pisa
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    with speaking(locale):
        html = render_template(f"pdf/{template}", fonts=FONTS, clinic=who.clinic(), doc_locale=locale, **context)
    out = io.BytesIO()
    policy = ResourceAccessPolicy.server(base_dir=str(STATIC), allow_remote=False)
    status = pisa.CreatePDF(html, dest=out, encoding="utf-8", resource_policy=policy)
    if status.err:
        log.error("xhtml2pdf: %s errors in %s", status.err, template)
        raise RuleError(T("This document could not be made. Shorten very long words in it and try again."))
    return out.getvalue()


def pdf_answer(data: bytes, name: str, download: bool = False) -> Response:
    """A PDF shown in the browser, or downloaded under an ASCII name."""
    kind = "attachment" if download else "inline"
    headers = {"Content-Disposition": f'{kind}; filename="{name}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


def breakable(text: str | None, longest: int = 24) -> str:
    """Text whose very long words are cut by spaces: a word without them runs off the page."""
    words = (text or "").split(" ")
    return " ".join(" ".join(w[i : i + longest] for i in range(0, max(len(w), 1), longest)) for w in words)
