"""What crosses the wire for the orphan lists."""

import uuid

from pydantic import BaseModel, Field


class OrphanRow(BaseModel):
    """One row. ``parent`` is the table of a column or the entry of an item; ``note`` by list: the Chinese name of a
    column, the basis of a duty, the project numbers of a system, the stage of a project, the reason for no interface.
    """

    kind: str = Field(description="duty、data_entry、data_item、system、db_column 或 project")
    id: uuid.UUID
    code: str
    name: str
    status: str | None
    department_id: uuid.UUID
    department: str
    note: str | None
    parent_id: uuid.UUID | None
    parent_code: str | None
    parent_name: str | None


class OrphanPage(BaseModel):
    """A page of a list."""

    key: str
    zh: str
    en: str
    fix_zh: str
    items: list[OrphanRow]
    total: int
    page: int
    size: int


class DepartmentCount(BaseModel):
    """Rows of one department."""

    department_id: uuid.UUID
    department: str
    count: int


class OrphanCount(BaseModel):
    """How long a list is, in all and by department."""

    key: str
    zh: str
    en: str
    total: int
    departments: list[DepartmentCount]
