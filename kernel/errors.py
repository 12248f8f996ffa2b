"""One error type with a stable code, and the register of every code.

A package declares its errors in its ``errors.py`` with :func:`define`; raising one is calling the kind.
The register feeds problem+json (RFC 9457), the CLI and the generated error reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KINDS: dict[str, "ErrorKind"] = {}


class MulianError(Exception):
    """An error that a person may see: ``code`` is stable, ``params`` fill the texts."""

    def __init__(self, kind: "ErrorKind", params: Mapping[str, Any]) -> None:
        self.kind = kind
        self.code = kind.code
        self.status = kind.status
        self.params = dict(params)
        super().__init__(f"{kind.code}: {self.text('en')}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.code, self.params)

    def text(self, language: str) -> str:
        """Return what happened, in ``zh`` or ``en``."""
        return _fill(self.kind.zh if language == "zh" else self.kind.en, self.params)

    def fix(self, language: str) -> str:
        """Return what the reader can do, in ``zh`` or ``en`` (may be empty)."""
        return _fill(self.kind.fix_zh if language == "zh" else self.kind.fix_en, self.params)


@dataclass(frozen=True)
class ErrorKind:
    """A declared error: stable code, HTTP status, texts in Chinese and English."""

    code: str
    status: int
    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""

    def __call__(self, **params: Any) -> MulianError:
        return MulianError(self, params)


def define(code: str, status: int, *, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> ErrorKind:
    """Declare an error. ``code`` is ``package.object.problem`` and never changes; a second use is refused."""
    kind = ErrorKind(code, status, zh, en, fix_zh, fix_en)
    if _KINDS.setdefault(code, kind) != kind:
        raise ValueError(f"error code {code} is declared twice")
    return kind


def kinds() -> list[ErrorKind]:
    """Return every declared kind, ordered by code."""
    return [_KINDS[code] for code in sorted(_KINDS)]


def _rebuild(code: str, params: dict[str, Any]) -> MulianError:
    return MulianError(_KINDS[code], params)


def _fill(text: str, params: Mapping[str, Any]) -> str:
    return text.format_map(_Lenient(params)) if params else text


class _Lenient(dict[str, Any]):
    """A text with a missing parameter still reaches the reader."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


INTERNAL = define(
    "kernel.internal", 500,
    zh="系统内部错误", en="Internal error",
    fix_zh="请稍后重试；如仍出现，请把追踪号告诉运维人员", fix_en="Try again later; if it stays, tell the operators the trace number",
)
INPUT_INVALID = define(
    "kernel.input.invalid", 422,
    zh="提交的内容有 {count} 处不符合要求", en="{count} field(s) of the request are not valid",
    fix_zh="请按所列字段修改后重新提交", fix_en="Correct the listed fields and submit again",
)
NOT_FOUND = define("kernel.not_found", 404, zh="没有找到所请求的内容", en="Not found")
CONFLICT = define("kernel.conflict", 409, zh="当前状态不允许此操作", en="The current state does not allow this")
METHOD_NOT_ALLOWED = define("kernel.method_not_allowed", 405, zh="不支持该请求方法", en="Method not allowed")
BODY_TOO_LARGE = define("kernel.body.too_large", 413, zh="请求内容超过 {limit} 字节上限", en="The body exceeds {limit} bytes")
BODY_TOO_DEEP = define("kernel.body.too_deep", 400, zh="JSON 嵌套超过 {limit} 层", en="JSON nested deeper than {limit}")
BODY_ENCODING = define(
    "kernel.body.encoding", 400, zh="JSON 内容不是 UTF-8 编码", en="The JSON body is not in UTF-8",
    fix_zh="请以 UTF-8 编码重新提交", fix_en="Send it in UTF-8",
)
TEXT_NUL = define(
    "kernel.text.nul", 400, zh="内容中含有空字符（U+0000）", en="The request holds the character U+0000",
    fix_zh="请去掉该字符后重新提交", fix_en="Remove the character and send it again",
)
MATCH_REQUIRED = define(
    "kernel.match.required", 428, zh="修改须带 If-Match 版本", en="Edits need If-Match",
    fix_zh="请先读取最新版本再修改", fix_en="Read the current version first",
)
MATCH_STALE = define(
    "kernel.match.stale", 412,
    zh="内容已被他人修改（现为版本 {current}）", en="Somebody else changed this (now version {current})",
    fix_zh="请查看差异后再提交，您的输入未丢失", fix_en="Look at what changed and submit again; nothing is lost",
)
IDEMPOTENCY_REUSED = define(
    "kernel.idempotency.reused", 409, zh="同一 Idempotency-Key 已用于不同内容",
    en="This Idempotency-Key was used for another request",
)
IDEMPOTENCY_SECRET = define(
    "kernel.idempotency.already_issued", 409, zh="该请求已签发过一次，密钥只显示一次", en="Already issued; a secret is shown once",
)
DATABASE_BUSY = define(
    "kernel.database.busy", 503, zh="数据库繁忙，未做任何更改", en="The database is busy; nothing was changed",
    fix_zh="请稍后重试", fix_en="Try again in a moment",
)
DATABASE_DOWN = define(
    "kernel.database.unavailable", 503, zh="无法连接数据库", en="The database cannot be reached",
    fix_zh="请检查 MULIAN_DATABASE_URL 与数据库服务", fix_en="Check MULIAN_DATABASE_URL and the database server",
)
