"""Zip archives with the same bytes for the same members: fixed dates, sorted names, fixed attributes."""

import io
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_FIRST = "[Content_Types].xml"  # readers of OPC packages expect it at the front


def rewrite(archive: bytes) -> bytes:
    """Return ``archive`` with members sorted and every date, attribute and compression level fixed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in sorted(source.namelist(), key=lambda name: (name != _FIRST, name)):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o600 << 16
            target.writestr(info, source.read(name), compresslevel=6)
    return buffer.getvalue()
