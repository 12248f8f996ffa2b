"""The one entry to the renderers."""

from collections.abc import Callable

from kernel.documents import docx, html, pdf, xlsx
from kernel.documents.errors import KIND_UNKNOWN
from kernel.documents.model import Document

_RENDERERS: dict[str, Callable[[Document], bytes]] = {
    "docx": docx.render, "pdf": pdf.render, "xlsx": xlsx.render, "html": html.render,
}


def render(document: Document, kind: str) -> bytes:
    """Return ``document`` as ``docx``, ``pdf``, ``xlsx`` or ``html``; the same input gives the same bytes.

    Raises ``documents.kind.unknown``, ``documents.font.missing`` (pdf) and ``documents.render.failed`` (pdf).
    """
    if kind not in _RENDERERS:
        raise KIND_UNKNOWN(kind=kind)
    return _RENDERERS[kind](document)
