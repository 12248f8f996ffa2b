"""HTTP of code lists, profiles, tables and codes."""

from typing import Annotated, Literal

from fastapi import Path as InPath
from fastapi import Query

from catalog.codes import credit, history, profiles, schemas, tables
from catalog.codes.errors import REGION_UNKNOWN
from catalog.codes.lists import code_lists, number_profiles
from catalog.codes.patterns import DEFAULTS
from catalog.codes.regions import Region, RegionTable
from catalog.permissions import CODES, READ
from kernel.http import Actor_, Session_, needs, router
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
Code = Annotated[Plain, Query(min_length=1, max_length=200, description="编码")]


@api.get("/code-lists", **needs(None))
def get_code_lists(session: Session_) -> schemas.CodeListsOut:
    """代码表与编号方案"""
    lists = [
        schemas.CodeListOut(
            key=one.key, zh=one.zh, en=one.en,
            tokens=[schemas.TokenOut(token=token.token, zh=token.zh, en=token.en) for token in one.tokens],
        )
        for one in code_lists().values()
    ]
    keys = [*number_profiles(), *(one.key for one in profiles.stored(session, "numbers"))]
    return schemas.CodeListsOut(lists=lists, number_profiles=keys)


@api.get("/codes/profiles", **needs(READ))
def list_profiles(session: Session_) -> list[schemas.ProfileOut]:
    """编号方案与编码规则：内置的与登记的"""
    builtin = [
        schemas.ProfileOut(
            kind="numbers", key=key, zh=body["zh"], en=body["en"], source="内置", body={"lists": body["lists"]},
            builtin=True,
        )
        for key, body in profiles.builtin().items()
    ]
    rules = schemas.ProfileOut(
        kind="patterns", key="default", zh="缺省编码规则", en="Default patterns", source="内置",
        body={"patterns": DEFAULTS}, builtin=True,
        active=not any(one.active for one in profiles.stored(session, "patterns")),
    )
    return [*builtin, rules, *(schemas.ProfileOut.model_validate(one) for one in profiles.stored(session))]


@api.put("/codes/profiles/{kind}/{key}", **needs(CODES))
def save_profile(
    session: Session_, actor: Actor_, kind: Literal["numbers", "patterns"],
    key: Annotated[str, InPath(pattern="^[a-z0-9][a-z0-9-]{0,59}$")], body: schemas.ProfileIn,
) -> schemas.ProfileOut:
    """登记或更新一个方案；编码规则登记后即时启用"""
    saved = profiles.save(
        session, actor, kind=kind, key=key, zh=body.zh, en=body.en, source=body.source, body=body.body
    )
    return schemas.ProfileOut.model_validate(saved)


@api.get("/codes/classes", **needs(READ))
def list_classes(
    session: Session_, parent: Annotated[Plain | None, Query(max_length=40)] = None,
    q: Annotated[Plain | None, Query(max_length=100)] = None, retired: bool = False,
) -> list[schemas.ClassOut]:
    """类、项、目、细目：逐级或按名称；未导入分类表时为空，retired 为真时含已停用的"""
    found = tables.classes(session, parent, q, 500, retired=retired)
    return [schemas.ClassOut.model_validate(one) for one in found]


@api.post("/codes/classes", **needs(CODES))
def load_classes(session: Session_, actor: Actor_, body: schemas.ClassesIn) -> schemas.LoadedOut:
    """导入分类表（整表替换，停用的保留）"""
    return schemas.LoadedOut.model_validate(tables.load_classes(session, actor, text=body.text, source=body.source))


@api.get("/codes/regions", **needs(None))
def list_regions(
    session: Session_, parent: Annotated[str | None, Query(pattern=r"^\d{6}$", description="上级代码")] = None,
    q: Annotated[Plain | None, Query(max_length=50, description="名称或代码开头")] = None, retired: bool = False,
    at: Annotated[str | None, Query(pattern=r"^\d{4}(0[1-9]|1[0-2])$", description="YYYYMM：只列该月在用的")] = None,
) -> schemas.RegionsOut:
    """行政区划：逐级或按名称；retired 为真时含已停用的，at 为某月在用的"""
    table = tables.region_table(session)
    found = table.below(parent) if not q else table.named(q)
    in_use = [one for one in found if table.held(one.code, at)] if at else found
    shown = [one for one in in_use if at or retired or table.current(one.code)][:200]
    return schemas.RegionsOut(items=[_region(table, one) for one in shown], revision=table.revision)


@api.get("/codes/regions/{code}", **needs(None))
def get_region(session: Session_, code: Annotated[str, InPath(pattern=r"^\d{6}$")]) -> schemas.RegionOut:
    """一个区划代码：现行与否，由何而来，并入何处"""
    table = tables.region_table(session)
    known = table.regions.get(code)
    if known is None:
        raise REGION_UNKNOWN(code=code, hint=table.hint(code), revision=table.revision)
    return _region(table, known)


@api.post("/codes/regions", **needs(CODES))
def load_regions(session: Session_, actor: Actor_, body: schemas.RegionsIn) -> schemas.LoadedOut:
    """导入行政区划表（来源、期次、代码、名称）与承继关系"""
    return schemas.LoadedOut.model_validate(
        tables.load_regions(session, actor, text=body.text, changes=body.changes)
    )


@api.get("/codes/resolve", **needs(READ))
def resolve_code(session: Session_, actor: Actor_, code: Code) -> schemas.ResolvedOut:
    """按编码查找：现行的与曾用的"""
    found = history.resolve(session, actor, code)
    return schemas.ResolvedOut(
        items=[schemas.BearerOut.model_validate(one) for one in found],
        history=[schemas.PastCodeOut.model_validate(one) for one in history.past_codes(session, found[0].node_id)],
    )


@api.get("/codes/credit", **needs(None))
def check_credit(session: Session_, code: Annotated[Plain, Query(max_length=40)]) -> schemas.CreditOut:
    """核对统一社会信用代码"""
    zh, en = credit.reason(code.strip()) or (None, None)
    return schemas.CreditOut(
        code=code.strip(), valid=zh is None, reason=zh, reason_en=en, department=credit.bearer(session, code.strip())
    )


@api.get("/codes/departments-pending", **needs(READ))
def list_pending(session: Session_) -> list[schemas.PendingDepartment]:
    """统一社会信用代码待补的部门"""
    return [schemas.PendingDepartment(**row) for row in credit.pending(session)]


def _region(table: RegionTable, one: Region) -> schemas.RegionOut:
    return schemas.RegionOut(
        code=one.code, name=one.name, full_name=table.full_name(one.code), level=one.level,
        current=table.current(one.code), first=one.first, last=one.last,
        successors=[schemas.ChangeOut.model_validate(c) for c in table.successors(one.code)],
        predecessors=[schemas.ChangeOut.model_validate(c) for c in table.predecessors(one.code)],
    )
