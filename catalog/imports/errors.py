"""Errors of imports and exports that are theirs alone."""

from kernel.errors import define

BATCH_CLASHES = define(
    "catalog.import.clashes", 409,
    zh="有 {cells} 个单元格他人也已修改，尚未选择", en="{cells} cell(s) were changed by others too and are not decided",
    fix_zh="请逐格选择保留现在的内容还是采用您的内容", fix_en="Choose for each: keep what stands now, or take yours",
)
CLASH_UNKNOWN = define("catalog.import.clash_unknown", 404, zh="没有找到该单元格", en="No such cell")
CELL_UNKNOWN = define(
    "catalog.import.cell_unknown", 404, zh="检查结果中没有单元格「{address}」", en="No finding names the cell {address}",
    fix_zh="只能更正检查结果中列出的单元格；其余请在表格中修改后重新上传",
    fix_en="Only cells that a finding names can be corrected here; change others in the workbook and upload it again",
)
NOT_CORRECTED = define(
    "catalog.import.not_corrected", 404, zh="单元格「{address}」没有更正可取消",
    en="The cell {address} has no correction to take back",
)
CELLS_TOO_MANY = define(
    "catalog.import.cells_many", 409, zh="一个批次至多更正 {limit} 次", en="At most {limit} corrections of one import",
    fix_zh="请下载标注工作簿，在表格中修改后重新上传", fix_en="Download the marked workbook, correct it and upload it again",
)
UNCHECKED = define(
    "catalog.import.unchecked", 409, zh="有 {cells} 处更正尚未检查", en="{cells} correction(s) were not checked yet",
    fix_zh="请先点「重新检查」", fix_en="Check again first",
)
FILE_GONE = define(
    "catalog.import.file_gone", 409, zh="工作簿含涉密行，系统没有保留，不能更正或重新检查",
    en="The workbook held a secret row and was not kept: it cannot be corrected or checked again",
    fix_zh="请删除涉密行后另行上传", fix_en="Remove the secret row and upload it again",
)
EXPORT_UNKNOWN = define("catalog.export.unknown", 404, zh="没有找到该导出", en="No such export")
EXPORT_NOT_MADE = define(
    "catalog.export.not_made", 409, zh="该导出尚未完成", en="The export is not finished",
    fix_zh="请稍候再下载", fix_en="Wait and download again",
)
EXPORT_TOO_LARGE = define(
    "catalog.export.too_large", 409, zh="目录超过 {limit} 行，不能立即导出", en="More than {limit} rows: not at once",
    fix_zh="请用后台导出", fix_en="Export in the background",
)
EXPORT_KIND = define(
    "catalog.export.kind", 422, zh="csv 只能导出一级目录，请指明是哪一级", en="csv holds one level; name it",
    fix_zh="可选：{known}", fix_en="Known: {known}",
)
