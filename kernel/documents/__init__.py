"""Documents: one model of a printed document and its renderers docx, pdf (typst), xlsx and html.

Public surface: ``model`` (what a document is), ``render.render(document, kind)`` and ``fonts``.
Invariants: the same document gives the same bytes on the same machine; text is data and never markup in any
renderer; a page is never printed with missing glyphs (``documents.font.missing`` names what to install).
"""
