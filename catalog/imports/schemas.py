"""What crosses the wire for imports."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain


class BatchOut(BaseModel):
    """An import. ``counts``: rows, actions (create, update, same, skip), findings per severity, codes."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    profile: str
    filename: str
    size: int = Field(description="字节")
    sm3: str
    state: str = Field(description="uploaded、checked、applied、undone 或 failed")
    counts: dict[str, Any]
    failure: dict[str, Any] | None
    department_id: uuid.UUID | None
    created_name: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    job_id: uuid.UUID | None
    running: bool = Field(default=False, description="后台正在检查或导入")


class BatchPage(BaseModel):
    """A page of imports."""

    items: list[BatchOut]
    total: int
    page: int
    size: int


class CellIn(BaseModel):
    """A corrected cell of the workbook; it is read by the next check. An empty text empties the cell."""

    sheet: Plain = Field(max_length=64, description="工作表；文本文件为空")
    row_no: int = Field(ge=1, le=1_048_576)
    column: str = Field(pattern="^[A-Z]{1,3}$")
    value: Plain = Field(max_length=32_767)


class CellOut(BaseModel):
    """The last correction of a cell. ``value`` None: taken back. ``checked``: the last check has read it."""

    model_config = ConfigDict(from_attributes=True)
    sheet: str
    row_no: int
    column: str
    header: str | None
    original: str = Field(description="上传时的内容（至多 500 字）")
    value: str | None
    created_name: str
    created_at: datetime
    checked: bool = False


class CellList(BaseModel):
    """What was corrected beside the file, and how many corrections the last check has not read."""

    items: list[CellOut]
    total: int
    unchecked: int


class FindingOut(BaseModel):
    """行号·列·原值·问题·建议; ``corrected`` is the last correction of the cell."""

    model_config = ConfigDict(from_attributes=True)
    seq: int
    sheet: str
    row_no: int | None
    column: str | None
    header: str | None
    value: str
    severity: str
    code: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    corrected: CellOut | None = None
    choices: list[str] = Field(default=[], description="该单元格可填的名称，最接近的在前；空为不限")


class FindingPage(BaseModel):
    """A page of findings in the order of the workbook."""

    items: list[FindingOut]
    total: int
    page: int
    size: int


class ApplyIn(BaseModel):
    """Applying: with ``accept_partial`` the good rows go in and the bad ones stay out."""

    accept_partial: bool = False


class UndoOut(BaseModel):
    """What undoing did; ``left`` names what was edited or published since and stays."""

    removed: int
    restored: int
    left: list[str]


class ProfileOut(BaseModel):
    """An import profile."""

    key: str
    zh: str
    en: str
    create_departments: bool


class CellChange(BaseModel):
    """One cell that an import changes, as texts of the workbook."""

    field: str
    label: str
    old: str
    new: str


class RowChange(BaseModel):
    """One row of a dry run that creates or changes something; ``cells`` of a new row have no old text."""

    seq: int
    sheet: str
    row_no: int
    kind: str
    action: str
    node_id: uuid.UUID | None
    code: str | None
    name: str | None
    cells: list[CellChange]


class RowChangePage(BaseModel):
    """A page of changes in the order in which they are applied."""

    items: list[RowChange]
    total: int
    page: int
    size: int


class ClashOut(BaseModel):
    """A cell that others changed too: 导出时 (base), 现在 (current), 您的 (mine)."""

    model_config = ConfigDict(from_attributes=True)
    seq: int
    sheet: str
    row_no: int
    node_id: uuid.UUID
    code: str
    name: str
    field: str
    label: str
    base: str
    current: str
    mine: str
    choice: str | None
    chosen_at: datetime | None


class ClashPage(BaseModel):
    """A page of clashes in the order of the workbook."""

    items: list[ClashOut]
    total: int
    page: int
    size: int


class ChoiceIn(BaseModel):
    """What becomes of a cell: ``current`` keeps what stands now, ``mine`` takes the workbook's."""

    choice: Literal["current", "mine"]


class ChoicesIn(BaseModel):
    """The same choice for several cells, or with ``seqs`` absent for all that are not decided."""

    choice: Literal["current", "mine"]
    seqs: list[int] | None = Field(default=None, max_length=10_000)


class ChoicesOut(BaseModel):
    """How many cells were decided and how many are left."""

    decided: int
    left: int


class ExportIn(BaseModel):
    """An export in the background. csv holds one level: ``kind``."""

    format: Literal["xlsx", "json", "csv"] = "xlsx"
    kind: str | None = Field(default=None, description="csv：duty、data_entry、data_item、system、db_table、db_column、link")
    department_id: uuid.UUID | None = Field(default=None, description="缺省为本人范围内的全部")
    template: bool = Field(default=False, description="部门模板：带示例行和本部门下拉框")


class ExportOut(BaseModel):
    """An export. ``held_back``: 重要、核心 rows without a listed release."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    format: str
    kind: str | None
    template: bool
    filename: str
    department_id: uuid.UUID | None
    state: str = Field(description="queued、made 或 failed")
    rows: int | None
    held_back: int | None
    size: int | None
    sm3: str | None
    created_name: str
    created_at: datetime
    made_at: datetime | None
    job_id: uuid.UUID | None


class ExportPage(BaseModel):
    """A page of exports, newest first."""

    items: list[ExportOut]
    total: int
    page: int
    size: int
