"""``mulian doctor``: what is wrong with an installation, and what to do about it."""

import importlib.util
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel import digest
from kernel.errors import MulianError
from kernel.home import Home
from kernel.settings import Settings
from mulian import health, wiring

PACKAGES = ("kernel", "crypto", "contracts_sc", "chain", "catalog", "gateway", "ops", "analytics", "mulian")
_ENGINES = {
    "chromium": "浏览器测试", "nginx": "网关性能对比与前置", "haproxy": "网关配置导出校验", "soffice": "电子表格往返测试",
    "pdftoppm": "报告页面检查", "geth": "多节点链测试",
}
_SPARE = 1024**3


@dataclass(frozen=True)
class Finding:
    """One result: level ok/warning/error, what was looked at, what was seen, what to do."""

    level: str
    subject: str
    seen: str
    fix: str = ""

    def as_row(self) -> dict[str, str]:
        """Return the columns of the table."""
        mark = {"ok": "正常", "warning": "注意", "error": "错误"}[self.level]
        return {"结论": mark, "项目": self.subject, "情况": self.seen, "处理办法": self.fix}


def examine(settings: Settings) -> list[Finding]:
    """Run every examination; an error in one does not hide the others."""
    findings: list[Finding] = []
    examinations: list[Callable[[Settings], Iterator[Finding]]] = [
        _interpreter, _packages, _home, _installation, _console, _fonts, _engines,
    ]
    for examination in examinations:
        try:
            findings += examination(settings)
        except MulianError as error:
            findings.append(Finding("error", error.code, error.text("zh"), error.fix("zh")))
    return findings


def _interpreter(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", "Python", f"{sys.version.split()[0]}，{ssl.OPENSSL_VERSION}")
    digest.check()
    yield Finding("ok", "SM3", "hashlib 提供 SM3，自检通过")


def _packages(settings: Settings) -> Iterator[Finding]:
    root = wiring.checkout()
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or not origin.is_relative_to(root):
            yield Finding("error", f"包 {package}", f"来自 {origin}", "有同名外来包遮蔽本程序，请在干净的虚拟环境中重新安装")
            return
    yield Finding("ok", "程序包", f"均来自 {root}")


def _home(settings: Settings) -> Iterator[Finding]:
    place = Home(settings.resolved_home())
    if not place.root.is_dir():
        yield Finding("warning", "数据目录", f"{place.root} 尚不存在", f"运行 mulian init --home {place.root}")
        return
    place.prepare()
    free = place.free_bytes()
    level = "ok" if free > _SPARE else "warning"
    yield Finding(level, "磁盘", f"{place.root} 剩余 {free / 1024**3:.1f} GiB", "" if level == "ok" else "请清理或扩容")
    mode = place.keys_dir.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding("error", "密钥目录权限", f"{mode:04o}", f"chmod 700 {place.keys_dir}")
    passwords = place.root / "first-passwords.txt"
    if passwords.exists():
        yield Finding("warning", "一次性口令文件", str(passwords), "修改口令后请删除该文件")


def _installation(settings: Settings) -> Iterator[Finding]:
    if not Home(settings.resolved_home()).service_keys_dir.is_dir():
        return
    runtime = wiring.open_runtime(settings)
    try:
        findings = health.readiness(runtime)
        for text in findings:
            code, _, seen = text.partition(": ")
            yield Finding("error", code, seen)
        if not findings:
            yield Finding("ok", "数据库", f"{runtime.database.dialect}，结构为最新")
        if settings.profile == "dev":
            yield Finding("warning", "运行方式", "dev：数据密钥自动解封", "正式环境请设置 MULIAN_PROFILE=production")
    finally:
        runtime.database.close()


def _console(settings: Settings) -> Iterator[Finding]:
    built = (Path(__file__).parent / "console" / "index.html").is_file()
    yield Finding("ok", "控制台", "已构建") if built else Finding("warning", "控制台", "尚未构建", "运行 make web")


def _fonts(settings: Settings) -> Iterator[Finding]:
    lister = shutil.which("fc-list")
    found = lister is not None and subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout
    yield (
        Finding("ok", "中文字体", "已安装")
        if found
        else Finding("warning", "中文字体", "未找到，报告无法生成 pdf", "安装 Debian 包 fonts-noto-cjk（make engines）")
    )


def _engines(settings: Settings) -> Iterator[Finding]:
    for command, purpose in _ENGINES.items():
        path = shutil.which(command)
        yield (
            Finding("ok", command, path)
            if path
            else Finding("warning", command, f"未找到（用于{purpose}）", "运行 make engines")
        )
