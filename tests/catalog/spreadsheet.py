"""A real spreadsheet program without a window: LibreOffice edits cells by a macro and saves with its own writers."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support import closing

FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "xls": "MS Excel 97", "csv": "Text - txt - csv (StarCalc)"}
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
 library:passwordprotected="false"><library:element library:name="Module1"/></library:library>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
{body}
</script:module>
"""


def program() -> str:
    """The program, or a skip that names it."""
    found = shutil.which("soffice")
    if found is None:
        closing.missing("libreoffice")
        pytest.skip("LibreOffice is not installed")
    return found


@functools.cache
def _profile() -> Path:
    """A profile of its own, made by a first start, which overwrites whatever lies there."""
    folder = Path(tempfile.mkdtemp(prefix="mulian-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _run(folder, "--terminate_after_init")
    return folder


def _run(profile: Path, argument: str) -> None:
    subprocess.run(
        [program(), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", argument],
        check=True, capture_output=True, timeout=180,
    )


def edit(source: Path, edits: Sequence[tuple[str, int, int, str]], targets: Mapping[str, Path]) -> None:
    """Open ``source``, write (sheet, column from 0, row from 0, text) as a person types them, save every target.

    A text beginning with "'" stays text, as at the keyboard; others are read by the program (dates, numbers).
    """
    lines = [
        "Sub Main", "Dim hidden(0) As New com.sun.star.beans.PropertyValue", 'hidden(0).Name = "Hidden"',
        "hidden(0).Value = True",
        f'doc = StarDesktop.loadComponentFromURL("{source.as_uri()}", "_blank", 0, hidden())',
    ]
    for sheet, column, row, text in edits:
        kind = "String" if text.startswith("'") else "FormulaLocal"
        quoted = text.lstrip("'").replace('"', '""').replace("&", "&amp;").replace("<", "&lt;")
        lines.append(f'doc.Sheets.getByName("{sheet}").getCellByPosition({column}, {row}).{kind} = "{quoted}"')
    for kind, path in targets.items():
        lines += [
            "ReDim how(0) As New com.sun.star.beans.PropertyValue", 'how(0).Name = "FilterName"',
            f'how(0).Value = "{FILTERS[kind]}"', f'doc.storeToURL("{path.as_uri()}", how())',
        ]
    lines += ["doc.close(True)", "End Sub"]
    folder = _profile() / "user" / "basic" / "Standard"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.xlb").write_text(_LIBRARY, encoding="utf-8")
    (folder / "Module1.xba").write_text(_MODULE.format(body="\n".join(lines)), encoding="utf-8")
    _run(_profile(), "macro:///Standard.Module1.Main")
    missing = [kind for kind, path in targets.items() if not path.exists()]
    assert not missing, f"LibreOffice wrote no {missing}"
