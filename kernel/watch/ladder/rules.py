"""From rungs to one sentence that can be forwarded: 断在谁."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kernel import clock


class Step(StrEnum):
    """The rungs, lowest first."""

    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    SCHEMA = "schema"
    DATA = "data"


STEP_TITLES: dict[Step, tuple[str, str]] = {
    Step.DNS: ("域名解析", "name resolution"), Step.TCP: ("端口连接", "connecting"), Step.TLS: ("TLS 握手", "TLS"),
    Step.HTTP: ("HTTP 应答", "HTTP answer"), Step.SCHEMA: ("数据结构", "structure"), Step.DATA: ("数据内容", "data"),
}


class Fault(StrEnum):
    """Why a rung broke. REFUSED_BY_US is the platform's own outbound guard."""

    NOT_RESOLVED = "not_resolved"
    REFUSED_BY_US = "refused_by_us"
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    HANDSHAKE = "handshake"
    RESET = "reset"
    NOT_HTTP = "not_http"
    CREDENTIALS = "credentials"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    NOT_JSON = "not_json"
    CONTRACT = "contract"
    STALE = "stale"
    WRONG_DATA = "wrong_data"
    NOT_ANCHORED = "not_anchored"


# where it broke, and what whoever owns it should look at
_BLAME: dict[Fault, tuple[str, str, str, str]] = {
    Fault.NOT_RESOLVED: ("域名解析", "请域名管理方核对解析记录", "name resolution", "check the name's records"),
    Fault.REFUSED_BY_US: (
        "本平台", "请本平台运维人员核对外呼白名单", "this platform", "check the platform's list of outbound addresses",
    ),
    Fault.CONNECTION_REFUSED: (
        "对方系统", "主机可达但端口没有服务，请对方检查服务进程", "the other system", "its host answers, its service does not run",
    ),
    Fault.UNREACHABLE: ("网络", "请网络运维核对路由与防火墙策略", "the network", "check routes and firewalls"),
    Fault.TIMEOUT: (
        "网络或对方系统", "请先核对防火墙，再由对方检查负载", "the network or the other system", "check firewalls, then its load",
    ),
    Fault.CERTIFICATE: ("对方系统证书", "请对方核对证书链与域名", "its certificate", "check chain and name"),
    Fault.CERTIFICATE_EXPIRED: ("对方系统证书", "证书已过期，请对方更换", "its certificate", "it has expired; replace it"),
    Fault.HANDSHAKE: ("对方系统 TLS 配置", "请对方核对协议版本与密码套件", "its TLS settings", "check versions and suites"),
    Fault.RESET: ("对方系统", "连接被对方中断，请对方检查服务日志", "the other system", "it closed the connection; see its log"),
    Fault.NOT_HTTP: ("对方系统", "应答不是 HTTP，请对方核对端口", "the other system", "the answer is not HTTP; check the port"),
    Fault.CREDENTIALS: (
        "调用凭证", "对方拒绝了本平台的凭证，请双方核对授权", "credentials", "it refuses ours; both check the authorisation",
    ),
    Fault.NOT_FOUND: ("接口地址", "对方没有这个地址，请核对是否变更", "the address", "it knows no such address; was it changed?"),
    Fault.THROTTLED: ("对方限流", "请双方核对调用频次", "its rate limit", "both check the rate of calls"),
    Fault.CLIENT_ERROR: ("请求参数", "请双方核对接口约定", "the request", "both check the contract"),
    Fault.SERVER_ERROR: ("对方系统", "对方内部错误，请对方检查服务日志", "the other system", "its own error; see its log"),
    Fault.NOT_JSON: ("对方系统", "应答不是约定的 JSON，请对方检查", "the other system", "the answer is not the agreed JSON"),
    Fault.CONTRACT: ("接口约定", "返回结构与约定不符，请对方核对是否变更", "the contract", "the structure is not the agreed one"),
    Fault.STALE: ("数据更新", "超过承诺的更新周期，请数源部门更新", "the data", "it is older than promised; update it"),
    Fault.WRONG_DATA: ("数据内容", "查询结果与基准不符，请数源部门核对", "the data", "the answer is not the expected one"),
    Fault.NOT_ANCHORED: (
        "上链存证", "对外内容与上链摘要不一致，请立即停用并核查", "the anchored digest", "what is served is not what was anchored",
    ),
}


@dataclass(frozen=True)
class Rung:
    """One step: whether it held, how long it took in microseconds, what was seen."""

    step: Step
    ok: bool
    micros: int
    detail: str = ""
    fault: Fault | None = None


@dataclass(frozen=True)
class Sentence:
    """One sentence in both languages."""

    zh: str
    en: str


def broken(rungs: Sequence[Rung]) -> Rung | None:
    """The rung that did not hold."""
    return next((rung for rung in rungs if not rung.ok), None)


def sentence(
    rungs: Sequence[Rung], *, name_zh: str, name_en: str, since: datetime, last_good: datetime | None
) -> Sentence | None:
    """Say since when, what, where it broke, what held below, when it was last well, and who should look.

    None where no rung broke: nothing is said without evidence.
    """
    bad = broken(rungs)
    if bad is None or bad.fault is None:
        return None
    who_zh, advice_zh, who_en, advice_en = _BLAME[bad.fault]
    seen = f"（{bad.detail}）" if bad.detail else ""
    held = [rung for rung in rungs if rung.ok]
    held_zh = "、".join(f"{STEP_TITLES[rung.step][0]}正常 {_millis(rung.micros)}" for rung in held)
    held_en = ", ".join(f"{STEP_TITLES[rung.step][1]} {_millis(rung.micros)}" for rung in held)
    zh = (
        f"{_when(since)}起「{name_zh}」断在{who_zh}：{STEP_TITLES[bad.step][0]}失败{seen}"
        f"{f'，{held_zh}' if held else ''}；{_good_zh(last_good)}；{advice_zh}。"
    )
    en = (
        f"Since {_when(since)} {name_en} breaks at {who_en}: {STEP_TITLES[bad.step][1]} failed"
        f"{f' ({bad.detail})' if bad.detail else ''}{f'; held: {held_en}' if held else ''}; {_good_en(last_good)};"
        f" {advice_en}."
    )
    return Sentence(zh, en)


def status_fault(status: int) -> Fault | None:
    """What an HTTP status says; None below 400."""
    if status < 400:
        return None
    if status >= 500:
        return Fault.SERVER_ERROR
    named = {401: Fault.CREDENTIALS, 403: Fault.CREDENTIALS, 404: Fault.NOT_FOUND, 410: Fault.NOT_FOUND}
    return named.get(status, Fault.THROTTLED if status == 429 else Fault.CLIENT_ERROR)


def to_json(rungs: Sequence[Rung]) -> list[dict[str, Any]]:
    """Rungs as rows keep them."""
    return [asdict(rung) for rung in rungs]


def of_json(stored: Sequence[dict[str, Any]]) -> tuple[Rung, ...]:
    """Rungs as rows keep them, read back."""
    return tuple(
        Rung(Step(one["step"]), one["ok"], one["micros"], one["detail"], Fault(one["fault"]) if one["fault"] else None)
        for one in stored
    )


def _millis(micros: int) -> str:
    return f"{max(micros // 1000, 1)} ms"


def _when(at: datetime) -> str:
    return at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _good_zh(at: datetime | None) -> str:
    return f"上次正常 {_when(at)}" if at else "此前没有正常记录"


def _good_en(at: datetime | None) -> str:
    return f"last well {_when(at)}" if at else "never seen well"
