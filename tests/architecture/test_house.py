"""The rules of the house that matter, as tests: floors, doors, sizes, time, names of registries, packages' origin."""

import ast
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.architecture
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "crypto", "contracts_sc", "chain", "catalog", "gateway", "ops", "analytics", "mulian")
LINES = 400
WIDTH = 120
# file -> why it may be longer than 400 lines
LONG_FILES = {
    "chain/anchoring/verify_proof.py": "one stdlib file by design: it is copied to machines that have nothing else",
}


def sources(*packages: str) -> Iterator[Path]:
    """Every Python file of the packages, without generated ones."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations/versions" not in str(path) and "mulian/console" not in str(path):
                yield path


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_package_is_this_checkouts() -> None:
    """A foreign ``crypto`` in site-packages would win over an editable install."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.origin is not None, package
        assert Path(spec.origin).is_relative_to(ROOT), f"{package} comes from {spec.origin}"


def test_files_are_short() -> None:
    long = {relative(p): n for p in sources() if (n := len(p.read_text("utf-8").splitlines())) > LINES}
    assert set(long) <= set(LONG_FILES), f"over {LINES} lines: {long}"
    assert set(LONG_FILES) <= set(long), "an exception that is no longer needed"


def test_lines_are_short() -> None:
    wide = [
        f"{relative(p)}:{n}"
        for p in sources(*PACKAGES, "tests", "bench")
        for n, line in enumerate(p.read_text("utf-8").splitlines(), 1)
        if len(line) > WIDTH
    ]
    assert not wide, wide


def test_package_roots_import_nothing() -> None:
    for package in PACKAGES:
        init = ROOT / package / "__init__.py"
        tree = ast.parse(init.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{package}/__init__.py says what the package is for"
        assert not list(imports(init)), f"{package}/__init__.py imports"


DOORS = {
    "gmssl": ("crypto/sm/",),
    "cryptography": ("crypto/sm/",),
    "web3": ("chain/ledger/",),
    "eth": ("chain/ledger/",),
    "eth_account": ("chain/ledger/",),
    "coincurve": ("chain/ledger/",),
    "pandas": ("analytics/",),
    "duckdb": ("analytics/", "gateway/calllog/"),
}


def test_heavy_libraries_have_one_door() -> None:
    wrong = [
        f"{relative(path)}:{line} imports {module}"
        for path in sources()
        for module, line in imports(path)
        if (doors := DOORS.get(module.split(".")[0])) and not relative(path).startswith(doors)
    ]
    assert not wrong, wrong


def test_time_comes_from_the_clock() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today|fromtimestamp)\(|date\.today\(|time\.time\(")
    wrong = [
        f"{relative(path)}:{number}"
        for path in sources()
        if relative(path) != "kernel/clock.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line) and "clock" not in line.split("#")[-1]
    ]
    assert not wrong, f"use kernel.clock (or say in a comment why the clock is not meant): {wrong}"


def test_services_never_commit() -> None:
    wrong = [
        f"{relative(path)}:{number}"
        for path in sources()
        if path.name in ("service.py", "rules.py", "queries.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\bsession\.(commit|rollback)\(", line)
    ]
    assert not wrong, wrong


def test_services_know_no_http() -> None:
    wrong = [
        f"{relative(path)} imports {module}"
        for path in sources()
        if path.name in ("service.py", "rules.py", "queries.py", "models.py")
        for module, _ in imports(path)
        if module.split(".")[0] in ("fastapi", "starlette") or module.startswith("kernel.http")
    ]
    assert not wrong, wrong


def test_gmssl_signing_and_encryption_calls_are_forbidden() -> None:
    """gmssl 3.2.2 takes nonces from ``random`` and ignores C3: a private key was recovered from two signatures.

    Its point arithmetic is allowed in one file, as the fallback where no libcrypto offers SM2.
    """
    users = [path for path in sources("crypto") if any(m.startswith("gmssl.sm2") for m, _ in imports(path))]
    assert [relative(path) for path in users] in ([], ["crypto/sm/sm2_points.py"])
    calls = {
        node.func.attr
        for path in users
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"sign", "sign_with_sm3", "verify_with_sm3", "encrypt", "decrypt"}


def test_the_proof_verifier_is_stdlib_only() -> None:
    import sys

    path = ROOT / "chain/anchoring/verify_proof.py"
    foreign = {m.split(".")[0] for m, _ in imports(path)} - set(sys.stdlib_module_names)
    assert not foreign


def test_no_file_names_a_registry() -> None:
    """Installations say where their packages come from; the project does not."""
    hosts = ["py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "crates" + ".io", "proxy.golang" + ".org",
             "repo1.maven" + ".org", "deb.debian" + ".org"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    wrong = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 5_000_000:
            text = path.read_text("utf-8", errors="ignore")
            wrong += [f"{name}: {host}" for host in hosts if host in text]
    assert not wrong, wrong


def test_the_lock_has_hashes_and_no_index() -> None:
    for name in ("requirements.lock", "deploy/node.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text and "index-url" not in text
        pinned = re.findall(r"^([A-Za-z0-9][\w.\-\[\]]*)==", text, re.M)
        assert len(pinned) == text.count(" \\\n    --hash") or len(pinned) <= text.count("--hash")
