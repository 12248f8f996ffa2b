"""Errors of the document renderers."""

from kernel.errors import define

FONT_MISSING = define(
    "documents.font.missing", 503,
    zh="本机没有可用于打印的中文字体，缺少 {count} 个字形，例如「{sample}」",
    en="This machine has no Chinese font to print with; {count} glyph(s) are missing, such as {sample}",
    fix_zh="请安装 Debian 软件包 {package}（apt-get install {package}）后重试",
    fix_en="Install the Debian package {package} (apt-get install {package}) and try again",
)
RENDER_FAILED = define(
    "documents.render.failed", 500,
    zh="文件「{title}」排版失败：{reason}", en="Document {title} could not be typeset: {reason}",
    fix_zh="请把追踪号告诉运维人员", fix_en="Tell the operators the trace number",
)
KIND_UNKNOWN = define(
    "documents.kind.unknown", 422,
    zh="不支持的文件格式 {kind}", en="Unknown document format {kind}",
    fix_zh="可选 docx、pdf、xlsx、html", fix_en="Choose docx, pdf, xlsx or html",
)
TABLE_RAGGED = define(
    "documents.table.ragged", 500,
    zh="表格「{caption}」第 {row} 行有 {cells} 格，应为 {columns} 格",
    en="Table {caption}, row {row} has {cells} cells instead of {columns}",
)
