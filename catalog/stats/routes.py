"""HTTP of the workbench's figures."""

import uuid

from pydantic import BaseModel, Field

from catalog.permissions import READ
from catalog.stats import queries
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog", tags=["catalog"])


class Stats(BaseModel):
    """Figures of the departments in the caller's scope."""

    levels: dict[str, dict[str, int]] = Field(description="各级目录按状态的数量")
    open_reviews: int = Field(description="待审核")
    returned: int = Field(description="已退回待修改")
    versions: int = Field(description="已发布版本")
    without_duty: int = Field(description="已发布而未关联职责的数据目录")


@api.get("/stats", **needs(READ))
def stats(session: Session_, actor: Actor_, department_id: uuid.UUID | None = None) -> Stats:
    """工作台数字"""
    return Stats(
        levels=queries.by_status(session, actor, department_id),
        open_reviews=queries.open_cases(session, actor, department_id),
        returned=queries.returned(session, actor, department_id),
        versions=queries.versions(session, actor, department_id),
        without_duty=queries.without_duty(session, actor, department_id),
    )
