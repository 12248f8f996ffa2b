"""Errors of proposals."""

from kernel.errors import define

UNKNOWN = define("catalog.proposal.unknown", 404, zh="没有找到该建议", en="No such proposal")
DECIDED = define(
    "catalog.proposal.decided", 409, zh="该建议已处理", en="The proposal was decided already",
    fix_zh="请刷新列表", fix_en="Reload the list",
)
SYSTEM_MISSING = define(
    "catalog.proposal.system_missing", 422, zh="采纳库表建议须指明所属系统", en="A table needs its system",
    fix_zh="请选择该库表所属的系统", fix_en="Name the system that the table belongs to",
)
NOTHING_LEFT = define(
    "catalog.proposal.nothing_left", 409, zh="建议的数据项都已在目录中，或未选中任何一项", en="Nothing is left to add",
    fix_zh="请不采纳该建议", fix_en="Decline the proposal",
)
NO_HEADERS = define(
    "catalog.proposal.no_headers", 422, zh="文件中没有表头清单", en="The file lists no headers",
    fix_zh="请上传含 name 与 columns 的 JSON，或含数据的 CSV、工作簿", fix_en="Upload JSON with name and columns, or a table",
)
