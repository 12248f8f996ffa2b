"""html preview: self-contained, every string escaped, no script; print means the pdf."""

import base64
import hashlib
from html import escape

from kernel.documents.model import (
    Block,
    Document,
    Figure,
    Heading,
    KeyValues,
    PageBreak,
    Paragraph,
    Signature,
    Table,
    cell_text,
)
from kernel.documents.numbering import numbered
from kernel.documents.pdf import chinese_date
from kernel.documents.text import one_line, printable

_STYLE = """
body{max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1f2329;background:#fff;
 font-family:"FangSong","仿宋_GB2312","Noto Serif CJK SC",serif;font-size:1.05rem;line-height:1.8}
h1{text-align:center;font-size:1.6rem;line-height:1.4}h2,h3,h4{font-size:1.1rem;text-indent:2em;margin:.6em 0}
h2{font-family:"SimHei","黑体","Noto Sans CJK SC",sans-serif;font-weight:500}
p{margin:.2em 0;overflow-wrap:anywhere}p.i{text-indent:2em}p.b{font-weight:700}.center{text-align:center}
.right{text-align:right}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{font-weight:700}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.5}caption{font-weight:700;padding:.4em}
th,td{border:1px solid #8a9099;padding:.25em .5em;overflow-wrap:anywhere}th{background:#e8eef6}
figure{margin:1em 0;text-align:center}figure img{max-width:100%}.note{font-size:.85rem;color:#5c6066}
""".strip()
# the preview is served with exactly this policy: the page can run nothing and load nothing
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def render(document: Document) -> bytes:
    """Return a complete UTF-8 page. Raw text never becomes markup."""
    title = escape(one_line(document.plain_title))
    parts = [
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>',
        f"<h1>{title}</h1>",
    ]
    if document.subtitle:
        parts.append(f'<p class="center">{escape(one_line(document.subtitle))}</p>')
    if document.cover:
        parts.append(_values(KeyValues(document.cover)))
    parts += [_block(block, label) for block, label in numbered(document.blocks)]
    parts.append("</main></body></html>\n")
    return "\n".join(parts).encode("utf-8")


def _block(block: Block, label: str) -> str:
    match block:
        case Heading():
            return f"<h{block.level + 1}>{escape(label + one_line(block.text))}</h{block.level + 1}>"
        case Paragraph():
            marks = (("i", block.indent), ("b", block.bold), (block.align, block.align != "left"))
            names = " ".join(name for name, on in marks if on)
            return f'<p class="{names}">{escape(printable(block.text)).replace(chr(10), "<br>")}</p>'
        case KeyValues():
            return _values(block)
        case Table():
            return _table(block)
        case Figure():
            data = base64.b64encode(block.png).decode()
            return (
                f'<figure><img src="data:image/png;base64,{data}" alt="{escape(one_line(block.alt))}">'
                f"<figcaption>{escape(one_line(block.caption))}</figcaption></figure>"
            )
        case PageBreak():
            return "<hr>"
        case Signature():
            lines = [block.unit, chinese_date(block.signed_on)]
            right = "".join(f'<p class="right">{escape(one_line(line))}</p>' for line in lines if line)
            return right + "".join(f"<p>{escape(one_line(line))}</p>" for line in block.lines)


def _values(block: KeyValues) -> str:
    rows = "".join(
        f"<dt>{escape(one_line(label))}</dt><dd>{escape(one_line(value))}</dd>" for label, value in block.rows
    )
    return f"<dl>{rows}</dl>"


def _table(block: Table) -> str:
    head = "".join(f'<th scope="col">{escape(one_line(column.title))}</th>' for column in block.columns)
    aligns = [column.align for column in block.columns]
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{align}">{escape(one_line(cell_text(cell)))}</td>'
            for cell, align in zip(row, aligns, strict=True)
        )
        + "</tr>\n"
        for row in block.rows
    )
    caption = f"<caption>{escape(one_line(block.caption))}</caption>" if block.caption else ""
    note = f'<p class="note">{escape(one_line(block.note))}</p>' if block.note else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>{note}"
