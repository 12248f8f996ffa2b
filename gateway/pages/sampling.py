"""The signing samples that a developer downloads, as files of this package."""

from pathlib import Path

_FOLDER = Path(__file__).with_name("samples")
# name of the download -> the files it is made of
FILES: dict[str, tuple[str, ...]] = {
    "mulian_sign.py": ("mulian_sign.py",), "MulianSign.java": ("MulianSign.java",),
    "mulian_sign.js": ("sm3.js", "node.js"),
}


def read(name: str) -> bytes | None:
    """Return a sample, None for a name that is none."""
    parts = FILES.get(name)
    return None if parts is None else b"".join((_FOLDER / part).read_bytes() for part in parts)


def postman_script() -> list[str]:
    """Return the lines of the pre-request script that signs."""
    return "".join((_FOLDER / part).read_text(encoding="utf-8") for part in ("sm3.js", "postman.js")).splitlines()


def command(name: str, url: str, method: str, target: str) -> str:
    """Return the line that calls an interface with a sample."""
    if name == "mulian_sign.py":
        return f'python mulian_sign.py --url {url} --key AppKey --secret 密钥 {method} "{target}"'
    start = "java MulianSign" if name == "MulianSign.java" else "node mulian_sign.js"
    return f'{start} {url} AppKey 密钥 {method} "{target}"'
