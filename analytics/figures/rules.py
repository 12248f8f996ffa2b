"""The indicators. A rule is one SELECT over frozen inputs that gives, row by row, what it adds.

Each statement returns ``department_id, grp, code, name, num, den``: the rows behind a figure are the rows of its
rule, its numerator and denominator are their sums. ``grp`` is the breakdown ('' for none). Bodies use the view
``run`` (one row: start_us, end_us, as_of_us). Only integers are summed. Definitions: requirements S4-11, S4-13,
S4-18, S4-19; those marked [本平台口径] are ours where no text defines them.
"""

from dataclasses import dataclass
from typing import Any, Literal

from kernel import canonical
from kernel.digest import sm3_hex

Kind = Literal["count", "ratio", "rate", "peak", "p95"]
NO_BASELINE = "未核定应上链清单"

_SELECT = "SELECT department_id, {grp} AS grp, code, name, {num} AS num, {den} AS den FROM {source} WHERE {where}"
_CURRENT = "entries e JOIN anchors a ON a.node_id = e.node_id AND a.version = e.version AND e.published"


@dataclass(frozen=True)
class Rule:
    """One indicator. ``kind``: count = Σnum; ratio = Σnum/Σden in percent; rate = Σnum/Σden per second;
    peak = the largest num; p95 = nearest rank of num weighted by den. ``inputs`` are the relations it reads.
    """

    id: str
    version: int
    zh: str
    unit: str
    kind: Kind
    chapter: str
    inputs: tuple[str, ...]
    body: str
    numerator: str
    denominator: str
    note: str = ""
    district_only: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it enters the ruleset digest."""
        return dict(vars(self))


def _rows(source: str, *, grp: str = "''", num: str = "1", den: str = "NULL", where: str = "true") -> str:
    return _SELECT.format(grp=grp, num=num, den=den, source=source, where=where)


_JOINED = (
    "SELECT e.department_id AS department_id, {grp} AS grp, e.code AS code, e.name AS name, {num} AS num, {den} AS den "
    "FROM {source} WHERE {where}"
)
_CYCLE_DAYS = (
    "CASE update_cycle WHEN 'realtime' THEN 1 WHEN 'daily' THEN 1 WHEN 'weekly' THEN 7 WHEN 'monthly' THEN 31 "
    "WHEN 'quarterly' THEN 92 WHEN 'semiannual' THEN 184 WHEN 'annual' THEN 366 END"
)
_INTERFACE = (
    "SELECT c.department_id, coalesce(i.code, c.interface) AS grp, coalesce(i.code, c.interface) AS code, "
    "coalesce(i.name, c.interface) || ' ' || c.day || ' ' || c.status AS name, {num} AS num, {den} AS den "
    "FROM calls c LEFT JOIN interfaces i ON i.interface = c.interface WHERE {where}"
)
# who is to blame for a 4xx is the caller; such calls leave the denominator (the design's 成功率)
_CALLER = "c.status BETWEEN 400 AND 499"

CATALOG = (
    Rule("catalog.nodes", 1, "目录条目数", "条", "count", "目录上链", ("entries",),
         _rows("entries", grp="kind"), "四级目录条目", ""),
    Rule("catalog.published", 1, "已发布条目数", "条", "count", "目录上链", ("entries",),
         _rows("entries", grp="kind", where="published"), "已发布的条目", ""),
    Rule("catalog.publications", 1, "本季度发布版本数", "个", "count", "目录上链", ("publications",),
         "SELECT department_id, kind AS grp, code, action AS name, 1 AS num, NULL AS den FROM publications, run "
         "WHERE published_at >= start_us AND published_at < end_us", "季度内发布的版本", ""),
    Rule("catalog.anchored", 1, "已上链条目数", "条", "count", "目录上链", ("entries", "anchors"),
         _JOINED.format(grp="e.kind", num="1", den="NULL", source=_CURRENT, where="true"),
         "现行版本已上链的条目", ""),
    Rule("catalog.anchored_rate", 1, "上链率", "%", "ratio", "目录上链", ("baseline", "entries", "anchors"),
         "SELECT b.department_id, b.kind AS grp, coalesce(e.code, b.item) AS code, b.item AS name, "
         "CASE WHEN a.node_id IS NULL THEN 0 ELSE 1 END AS num, 1 AS den FROM baseline b "
         "LEFT JOIN entries e ON e.node_id = b.node_id AND e.published "
         "LEFT JOIN anchors a ON a.node_id = e.node_id AND a.version = e.version WHERE NOT b.exempt",
         "清单内现行版本已上链的条目", "应上链清单条目 − 已批准免上链条目", "无已核定清单时不计算"),
    Rule("catalog.consistent_rate", 1, "链库一致率", "%", "ratio", "目录上链", ("entries", "anchors"),
         _JOINED.format(grp="e.kind", num="CASE WHEN a.consistent AND a.entry_hash = e.entry_hash THEN 1 ELSE 0 END",
                        den="1", source=_CURRENT, where="true"),
         "摘要与链上一致的条目", "已上链条目"),
)
QUALITY = (
    Rule("quality.required_rate", 2, "完整性：必填完整率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", grp="kind", num="required_filled", den="required"), "已填必填项", "必填项",
         "必填项含应填项、按取值必填的项，以及数据项、字段"),
    Rule("quality.valid_rate", 2, "规范性：取值规范率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", grp="kind", num="valid", den="filled"), "取值合规的单元", "已填且有格式要求的单元",
         "含数据项、字段的单元"),
    Rule("quality.accurate_rate", 1, "准确性：核对准确率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", grp="kind", num="accurate", den="accuracy_checked"), "核对准确的单元", "可在平台内核对的单元",
         "信用代码校验位、重名、代码集、关联目录、日期先后；数据行准确性须有质量检测任务 [本平台口径]"),
    Rule("quality.consistent_rate", 1, "一致性：目录内部一致率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", grp="kind", num="consistent", den="consistency_checked"), "相互一致的单元", "可相互核对的单元",
         "数据项与目录、数据项与字段、条件与类型之间；市区一致性须有比对结果 [本平台口径]"),
    Rule("quality.timely_rate", 2, "时效性：按期更新率", "%", "ratio", "数据质量", ("entries",),
         "SELECT department_id, coalesce(update_source, '未填报') AS grp, code, name, "
         "CASE WHEN data_updated_at IS NOT NULL AND as_of_us - data_updated_at "
         f"<= {_CYCLE_DAYS} * 86400000000 THEN 1 ELSE 0 END AS num, 1 AS den "
         f"FROM entries, run WHERE kind = 'data_entry' AND published AND {_CYCLE_DAYS} IS NOT NULL",
         "在承诺周期内更新或确认无变化的数据目录", "有更新周期的已发布数据目录",
         "周期按天：实时、每日 1，每周 7，每月 31，每季 92，半年 184，每年 366 [本平台口径]；实测、填报与本周期无变化分列"),
    Rule("quality.attached_rate", 1, "可访问性：挂接率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", num="CASE WHEN has_interface OR has_table THEN 1 ELSE 0 END", den="1",
               where="kind = 'data_entry' AND published"), "有可用接口或库表的数据目录", "已发布数据目录"),
    Rule("quality.four_level_rate", 1, "四级完整率", "%", "ratio", "数据质量", ("entries",),
         _rows("entries", num="CASE WHEN linked_duty AND linked_system AND linked_table THEN 1 ELSE 0 END", den="1",
               where="kind = 'data_entry' AND published"), "职责、系统、库表均已关联的数据目录", "已发布数据目录"),
)
GATEWAY = (
    Rule("gateway.calls", 1, "接口调用次数", "次", "count", "接口运行", ("calls", "interfaces"),
         _INTERFACE.format(num="c.calls", den="NULL", where="true"), "接口调用", ""),
    Rule("gateway.success_rate", 1, "接口调用成功率", "%", "ratio", "接口运行", ("calls", "interfaces"),
         _INTERFACE.format(num="CASE WHEN c.status BETWEEN 200 AND 399 AND c.outcome = 'ok' THEN c.calls ELSE 0 END",
                           den="c.calls", where=f"NOT ({_CALLER})"),
         "2xx、3xx 且应答完整的调用", "全部调用 − 调用方原因的 4xx"),
    Rule("gateway.p95", 1, "接口时延 P95", "ms", "p95", "接口运行", ("calls", "interfaces"),
         _INTERFACE.format(num="c.micros", den="c.calls", where="true"),
         "第 0.95n（向上取整）小的时延", "全部调用 n", "最近秩法，微秒整数直方图，精确值"),
    Rule("gateway.active_rate", 1, "接口活跃率", "%", "ratio", "接口运行", ("interfaces", "calls"),
         "SELECT i.department_id, '' AS grp, i.code, i.name, CASE WHEN EXISTS (SELECT 1 FROM calls c "
         "WHERE c.interface = i.interface) THEN 1 ELSE 0 END AS num, 1 AS den FROM interfaces i WHERE i.published",
         "季度内有调用的已发布接口", "已发布接口"),
)
_MINUTE = "'' AS department_id, '' AS grp, (minute // 60000000)::VARCHAR AS code"
_MINUTES = (
    f"SELECT {_MINUTE}, '区块 ' || first_block || ' 至 ' || last_block AS name, "
    "{num} AS num, {den} AS den FROM minutes"
)
# between two minutes with blocks the seconds from one to the next count; the first one counts its own 60
_SECONDS = "coalesce((minute - lag(minute) OVER (ORDER BY minute)) // 1000000, 60)"
CHAIN = (
    Rule("chain.height", 1, "区块高度", "块", "peak", "区块链应用", ("minutes",),
         _MINUTES.format(num="last_block", den="NULL"), "统计期内最高区块号", "", district_only=True),
    Rule("chain.blocks", 1, "本季度出块数", "块", "count", "区块链应用", ("minutes",),
         _MINUTES.format(num="blocks", den="NULL"), "季度内区块", "", district_only=True),
    Rule("chain.transactions", 1, "本季度交易量", "笔", "count", "区块链应用", ("minutes",),
         _MINUTES.format(num="transactions", den="NULL"), "季度内交易", "", district_only=True),
    Rule("chain.failed_rate", 1, "失败交易率", "%", "ratio", "区块链应用", ("minutes",),
         _MINUTES.format(num="failed", den="transactions"), "执行失败的交易", "全部交易", district_only=True),
    Rule("chain.tps", 1, "平均 TPS", "笔/秒", "rate", "区块链应用", ("minutes",),
         _MINUTES.format(num="transactions", den=_SECONDS), "交易数", "首个至末个有区块的分钟之间的秒数", district_only=True),
    Rule("chain.tps_peak", 1, "1 分钟峰值交易量", "笔/分", "peak", "区块链应用", ("minutes",),
         _MINUTES.format(num="transactions", den="NULL"), "一分钟内最多的交易", "", district_only=True),
    Rule("chain.anchors", 1, "本季度上链存证数", "条", "count", "区块链应用", ("anchors",),
         "SELECT department_id, kind AS grp, node_id AS code, entry_hash AS name, 1 AS num, NULL AS den "
         "FROM anchors, run WHERE anchored_at >= start_us AND anchored_at < end_us", "季度内上链的版本", ""),
)
_SCOPE = (
    "SELECT department_id, '' AS grp, table_name || '.' || column_name AS code, "
    "table_name || '.' || column_name AS name, "
    "{num} AS num, {den} AS den FROM crypto_scopes WHERE {where}"
)
CRYPTO = (
    Rule("crypto.columns", 1, "加密字段数", "个", "count", "区块链应用", ("crypto_scopes",),
         _SCOPE.format(num="1", den="NULL", where="true"), "已登记的加密字段", ""),
    Rule("crypto.coverage", 1, "加密覆盖率", "%", "ratio", "区块链应用", ("crypto_scopes",),
         _SCOPE.format(num="encrypted", den='"rows"', where="true"), "密文行", "加密字段的全部行"),
    Rule("crypto.overdue", 1, "密钥超期数", "个", "count", "区块链应用", ("crypto_scopes",),
         _SCOPE.format(num="1", den="NULL", where="overdue"), "超过更换期限的密钥", ""),
)
RULES: tuple[Rule, ...] = (*CATALOG, *QUALITY, *GATEWAY, *CHAIN, *CRYPTO)
BY_ID = {rule.id: rule for rule in RULES}
KIND_ZH = {"duty": "职责目录", "data_entry": "数据目录", "system": "系统目录", "db_table": "库表目录"}


def ruleset_digest() -> str:
    """Return the SM3 over every rule in force: a changed definition changes the report's input root."""
    return sm3_hex(canonical.dumps([rule.as_json() for rule in RULES]))
