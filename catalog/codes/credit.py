"""统一社会信用代码 (GB 32100-2015): what is wrong with one, and departments that have none yet (待补)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.identity.models import Department
from kernel.identity.rules import uscc_valid

_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")


def reason(code: str) -> tuple[str, str] | None:
    """Why a credit code is not valid, Chinese and English, None when it is.

    The right check digit is never told: none is made up.
    """
    if len(code) != 18:
        return f"须为 18 位，现为 {len(code)} 位", f"has {len(code)} characters instead of 18"
    wrong = sorted({char for char in code if char not in _ALPHABET})
    if wrong:
        shown = "、".join(wrong)
        return (f"含有不允许的字符：{shown}（不使用 I、O、S、V、Z 与小写字母）",
                f"has characters that no code has: {' '.join(wrong)} (I, O, S, V, Z and small letters are not used)")
    if not uscc_valid(code):
        return ("校验码不符（GB 32100 模 31），请对照证书逐位核对",
                "its check character does not fit (GB 32100): compare it with the certificate")
    return None


def bearer(session: Session, code: str) -> str | None:
    """The department that has this credit code."""
    return session.scalar(select(Department.name).where(Department.uscc == code))


def pending(session: Session) -> list[dict[str, Any]]:
    """Departments in force whose credit code is 待补, with the internal code that stands in for it."""
    query = select(Department.id, Department.code, Department.name)
    query = query.where(Department.uscc.is_(None), Department.valid_to.is_(None))
    return [dict(row) for row in session.execute(query.order_by(Department.sort, Department.name)).mappings()]
