"""Errors of attachments."""

from kernel.errors import define

TYPE_REFUSED = define(
    "kernel.file.type_refused", 415,
    zh="「{name}」的实际内容不是允许的文件类型", en="{name} is not of an allowed type by its content",
    fix_zh="请上传 PDF、Word、Excel、图片、CSV 或文本文件（内容须与扩展名一致）",
    fix_en="Upload PDF, Word, Excel, images, CSV or text whose content fits the extension",
)
EMPTY = define("kernel.file.empty", 422, zh="「{name}」是空文件", en="{name} is empty")
TOO_LARGE = define(
    "kernel.file.too_large", 413, zh="「{name}」超过 {limit} 字节上限", en="{name} exceeds {limit} bytes",
)
NAME_INVALID = define("kernel.file.name_invalid", 422, zh="文件名不合规", en="The file name is not acceptable")
OWNER_UNKNOWN = define(
    "kernel.file.owner_unknown", 422, zh="对象类型「{object_type}」不能有附件", en="{object_type} takes no attachments",
)
DAMAGED = define(
    "kernel.file.damaged", 500,
    zh="附件「{name}」已损坏或被改动", en="{name} is damaged or was changed",
    fix_zh="请从备份恢复，并报告安全管理员", fix_en="Restore it from a backup and tell the security administrators",
)
