"""Settings, all from ``MULIAN_*`` environment variables; ``docs/reference/settings.md`` is generated from here."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set. Every field has a description, which is its documentation."""

    model_config = SettingsConfigDict(env_prefix="MULIAN_", extra="ignore", frozen=True)

    home: Path = Field(default=Path("~/.mulian"), description="数据目录：数据库、文件、密钥、链、日志都在其中")
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL 地址，如 postgresql+psycopg://user@host/db；缺省用数据目录内的 SQLite",
    )
    host: str = Field(default="127.0.0.1", description="监听地址")
    port: int = Field(default=8000, ge=0, le=65535, description="控制台与 API 端口")
    gateway_port: int = Field(default=8080, ge=0, le=65535, description="接口网关端口")
    gateway_test_port: int | None = Field(
        default=None, ge=0, le=65535, description="测试环境接口网关端口；缺省不启动测试环境网关"
    )
    gateway_workers: int = Field(default=1, ge=1, le=64, description="网关工作进程数")
    gateway_broker_listen: str = Field(
        default="",
        description="多台主机共用一个数据库时，本机网关代理进程供其他主机连接的地址，如 10.1.2.3:8081；缺省只供本机",
    )
    rpc_port: int = Field(default=8545, ge=0, le=65535, description="内置链 JSON-RPC 端口")
    rpc_url: str | None = Field(default=None, description="外部链节点地址；设置后不启动内置链")
    tsa_url: str | None = Field(default=None, description="时间戳机构（RFC 3161）的地址；设置后定期为检查点取时间戳")
    tsa_certificate: Path | None = Field(default=None, description="该机构签发时间戳的证书文件（PEM 或 DER）")
    profile: Literal["dev", "production"] = Field(default="dev", description="运行方式：dev 用口令文件自动解封数据密钥")
    root_provider: Literal["sealed-file", "environment", "pkcs11", "sdf"] = Field(
        default="sealed-file",
        description="根密钥提供者：sealed-file 密封文件（口令或份额），pkcs11、sdf 密码设备，environment 环境变量（仅 dev）",
    )
    root_module: str = Field(default="", description="密码设备动态库路径（pkcs11、sdf）")
    root_token: str = Field(default="mulian", description="PKCS#11 令牌标签；SDF 设备为内部密钥索引号")
    allowed_hosts: str = Field(default="*", description="允许的 Host，逗号分隔")
    trusted_proxies: str = Field(default="", description="可信反向代理地址，逗号分隔；仅采信它们声明的客户端地址")
    cookie_secure: bool = Field(default=False, description="会话 Cookie 只经 HTTPS 发送（正式环境须为 true）")
    body_limit: int = Field(default=64 * 1024 * 1024, ge=1024, description="请求体上限，字节")
    outbound_allow: str = Field(
        default="", description="允许外呼的内网地址或网段，逗号分隔；缺省拒绝内网、回环与链路本地地址"
    )
    replacement_dialects: str = Field(
        default="",
        description="允许登记为业务库的 SQLAlchemy 方言，逗号分隔，如 oracle+oracledb,dm+dmPython（须自行安装驱动；未经测试）",
    )
    lookup_persons_day: int = Field(
        default=50, ge=0, description="人工查询标识：每人每日可查的不同人数，超过须第二人同意"
    )
    public_url: str = Field(
        default="", description="公开目录（CKAN、DCAT、OAI-PMH、/dataset）对外的地址，如 https://data.example.cn；缺省按请求推断"
    )
    public_title: str = Field(default="公共数据目录", description="公开目录的名称")
    public_publisher: str = Field(default="数据主管部门", description="公开目录的发布机构")
    public_email: str = Field(default="contact-not-set@example.invalid", description="公开目录的联系邮箱")
    public_gateway_url: str = Field(default="", description="接口网关对外的地址；缺省为公开地址的主机与网关端口")
    public_rate: int = Field(
        default=100, ge=0, description="公开目录每个客户端地址每秒的请求数（可突发十倍）；0 为不限"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="日志级别")

    def resolved_home(self) -> Path:
        """Return the home as an absolute path with ``~`` expanded."""
        return self.home.expanduser().absolute()
