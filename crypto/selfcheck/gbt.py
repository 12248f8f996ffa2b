"""The requirements of GB/T 39786-2021 that the self-check is laid out by, and what each needs from outside; pure.

The clauses are paraphrased. What the program cannot see is never counted as met: an organisation's documents stay
不符合 (no evidence here) until the assessor sees them, a data centre's doors are 不适用 to this program.
"""

import enum
from dataclasses import dataclass


class Status(enum.StrEnum):
    """How a requirement stands as far as this program can tell."""

    MET = "符合"
    PARTLY = "部分符合"
    UNMET = "不符合"
    NOT_APPLICABLE = "不适用"


class Supplier(enum.StrEnum):
    """Who has to supply what is missing."""

    PLATFORM = "platform"
    GATEWAY = "tlcp_gateway"
    PRODUCT = "certified_product"
    DATA_CENTRE = "data_centre"
    ORGANISATION = "organisation"


SUPPLIERS: dict[Supplier, tuple[str, str]] = {
    Supplier.PLATFORM: ("本平台", "this platform"),
    Supplier.GATEWAY: ("前置 TLCP 安全网关", "a TLCP gateway in front"),
    Supplier.PRODUCT: ("经认证的密码产品", "a certified cryptographic product"),
    Supplier.DATA_CENTRE: ("机房或政务云", "the data centre"),
    Supplier.ORGANISATION: ("使用单位", "the organisation"),
}


@dataclass(frozen=True)
class Requirement:
    """One clause: what is asked, who supplies what this program does not, and what to do about it."""

    code: str
    title: str
    supplier: Supplier
    mend: str


@dataclass(frozen=True)
class Area:
    """One of the eight parts of the standard."""

    code: str
    zh: str
    en: str
    requirements: tuple[Requirement, ...]


_G, _P, _D, _O, _S = (Supplier.GATEWAY, Supplier.PRODUCT, Supplier.DATA_CENTRE, Supplier.ORGANISATION,
                      Supplier.PLATFORM)
_ROOM = "引用机房或政务云的测评结论；自建机房请配备采用密码技术的电子门禁与视频监控"
_PAPER = "由使用单位制定、发布并留存，测评时出示"

AREAS: tuple[Area, ...] = (
    Area("physical", "物理和环境安全", "Physical and environment", (
        Requirement("physical.identity", "进入重要区域人员的身份鉴别", _D, _ROOM),
        Requirement("physical.doors", "电子门禁记录的存储完整性", _D, _ROOM),
        Requirement("physical.video", "视频监控记录的存储完整性", _D, _ROOM),
    )),
    Area("network", "网络和通信安全", "Network and communication", (
        Requirement("network.identity", "通信实体的身份鉴别", _G, "在平台前部署经认证的 TLCP 安全网关，使用 SM2 双证书鉴别通信实体"),
        Requirement("network.integrity", "通信过程中数据的完整性", _G, "在平台前部署经认证的 TLCP 安全网关，只允许经网关访问"),
        Requirement("network.secrecy", "通信过程中重要数据的机密性", _G, "在平台前部署经认证的 TLCP 安全网关，并把会话 Cookie 限定为加密通道"),
        Requirement("network.boundary", "网络边界访问控制信息的完整性", _G, "由安全网关或防火墙以密码技术保护其访问控制信息"),
        Requirement("network.access", "从外部接入内部网络的设备的安全接入认证", _G, "由 SSL VPN 或 TLCP 安全网关认证接入设备"),
    )),
    Area("device", "设备和计算安全", "Devices and computing", (
        Requirement("device.identity", "登录设备的用户的身份鉴别", _P, "运维经堡垒机登录，使用智能密码钥匙或动态口令等经认证的产品"),
        Requirement("device.remote", "远程管理信息传输通道", _P, "运维通道使用经认证的国密堡垒机或 SSL VPN"),
        Requirement("device.access", "系统资源访问控制信息的完整性", _P, "由操作系统或经认证的服务器密码机保护"),
        Requirement("device.labels", "重要信息资源安全标记的完整性", _P, "由操作系统或经认证的服务器密码机保护"),
        Requirement("device.logs", "日志记录的完整性", _P, "以经认证的密码产品执行审计的 HMAC-SM3；操作系统日志另行保护"),
        Requirement("device.programs", "重要可执行程序的完整性与来源真实性", _P, "以经认证的产品对安装包签名并在加载前验证；安装包摘要见发布说明"),
    )),
    Area("application", "应用和数据安全", "Applications and data", (
        Requirement("application.identity", "登录用户的身份鉴别", _G, "在网关上启用智能密码钥匙（SM2 证书）登录；口令只作第二因素"),
        Requirement("application.access", "应用访问控制信息的完整性", _P, "以经认证的密码产品保护服务密钥"),
        Requirement("application.labels", "重要信息资源安全标记的完整性", _P, "以经认证的密码产品保护服务密钥"),
        Requirement("application.transfer_secrecy", "重要数据传输的机密性", _G, "浏览器与接口调用均经 TLCP 安全网关"),
        Requirement("application.storage_secrecy", "重要数据存储的机密性", _P, "根密钥改由经认证的密码设备保护，并由测评机构认可软件运算的 SM4"),
        Requirement("application.transfer_integrity", "重要数据传输的完整性", _G, "浏览器与接口调用均经 TLCP 安全网关"),
        Requirement("application.storage_integrity", "重要数据存储的完整性", _P, "根密钥改由经认证的密码设备保护，并由测评机构认可软件运算的 SM4-GCM"),
        Requirement("application.repudiation", "数据原发与接收行为的不可否认性", _P, "签名私钥改由经认证的密码产品产生与使用，证书由合法的电子认证服务机构签发"),
    )),
    Area("management", "管理制度", "Management rules", (
        Requirement("management.rules", "密码应用安全管理制度", _O, _PAPER),
        Requirement("management.keys", "密钥管理规则", _O, "把平台的密钥周期、双人审批与销毁证书写入密钥管理规则"),
        Requirement("management.procedures", "日常操作规程", _O, _PAPER),
        Requirement("management.revision", "定期论证与修订", _O, _PAPER),
        Requirement("management.release", "制度发布流程与版本", _O, _PAPER),
        Requirement("management.records", "制度执行记录的留存", _O, "定期导出并归档平台的审批与审计记录"),
    )),
    Area("personnel", "人员管理", "Personnel", (
        Requirement("personnel.law", "了解并遵守密码法律法规与管理制度", _O, _PAPER),
        Requirement("personnel.roles", "密码应用岗位责任制度与职责分离", _O, "以正式文件任命密钥管理员、安全审计员与操作员，与平台角色一致"),
        Requirement("personnel.training", "上岗人员培训", _O, _PAPER),
        Requirement("personnel.review", "安全岗位人员考核", _O, _PAPER),
        Requirement("personnel.leaving", "关键岗位保密与调离制度", _O, _PAPER),
    )),
    Area("operation", "建设运行", "Construction and operation", (
        Requirement("operation.plan", "密码应用方案", _O, _PAPER),
        Requirement("operation.key_policy", "密钥安全管理策略", _S, "为每个加密列设定更换周期并按期更换，保持副本台账完整"),
        Requirement("operation.implementation", "实施方案", _O, _PAPER),
        Requirement("operation.before", "投入运行前的密码应用安全性评估", _O, "委托具备资质的测评机构评估"),
        Requirement("operation.regular", "定期评估与攻防对抗演习", _O, "每年至少委托评估一次；定期执行 mulian crypto drill 与明文扫描"),
    )),
    Area("emergency", "应急处置", "Emergency response", (
        Requirement("emergency.plan", "应急策略与资源准备", _O, "制定应急策略；定期执行 mulian crypto drill 并留存报告"),
        Requirement("emergency.handling", "事件处置", _S, "对已泄露的密钥尽快完成更换"),
        Requirement("emergency.reporting", "向主管部门与密码管理部门报告处置情况", _O, _PAPER),
    )),
)
