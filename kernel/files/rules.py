"""What an upload may be: decided by its bytes, the extension has to agree. Pure."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MAX_BYTES = 50 * 1024 * 1024
MAX_NAME = 120
_ZIP_ENTRIES = 5000
_ZIP_TOTAL = 500 * 1024 * 1024


@dataclass(frozen=True)
class FileType:
    """An allowed type: media type, extensions that may name it, test on the bytes."""

    media_type: str
    extensions: frozenset[str]
    matches: Callable[[bytes], bool]


def _starts(*prefixes: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(prefixes)


def _office(part: str) -> Callable[[bytes], bool]:
    """A zip with the main part of its format, no macros, and within limits that a bomb would break."""

    def matches(data: bytes) -> bool:
        if not data.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        names = {entry.filename for entry in entries}
        sane = len(entries) <= _ZIP_ENTRIES and sum(entry.file_size for entry in entries) <= _ZIP_TOTAL
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return sane and not macros and "[Content_Types].xml" in names and part in names

    return matches


def _text(data: bytes) -> bool:
    """UTF-8 (or GB 18030) text without control characters, and nothing that a browser would take for a page."""
    if b"\x00" in data[:4096]:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text[:1024].lstrip().lower()
        control = re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
        return control is None and not head.startswith(("<!doctype", "<html", "<script", "<svg", "<?xml", "#!", "mz"))
    return False


TYPES: tuple[FileType, ...] = (
    FileType("application/pdf", frozenset({"pdf"}), _starts(b"%PDF-")),
    FileType("image/png", frozenset({"png"}), _starts(b"\x89PNG\r\n\x1a\n")),
    FileType("image/jpeg", frozenset({"jpg", "jpeg"}), _starts(b"\xff\xd8\xff")),
    FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", frozenset({"docx"}),
        _office("word/document.xml"),
    ),
    FileType(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", frozenset({"xlsx"}),
        _office("xl/workbook.xml"),
    ),
    FileType("text/csv", frozenset({"csv"}), _text),
    FileType("text/plain", frozenset({"txt", "log", "md"}), _text),
)


def sniff(name: str, data: bytes) -> str | None:
    """Media type by content, or None where the content is not allowed or the extension says otherwise."""
    extension = name.rpartition(".")[2].lower()
    for kind in TYPES:
        if extension in kind.extensions:
            return kind.media_type if kind.matches(data) else None
    return None


def clean_name(name: str) -> str | None:
    """The name as it is kept: NFC, no path, no control or direction characters; None where nothing is left."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    text = "".join(ch for ch in text if unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or not stem or not extension:
        return None
    return stem[: MAX_NAME - len(extension) - 1] + "." + extension
