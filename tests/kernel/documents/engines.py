"""Optional components of the document tests: named in the closing line and skipped where they are missing."""

import shutil

import pytest

from kernel.documents import fonts
from kernel.errors import MulianError
from tests.support import closing


def need_fonts() -> None:
    """Skip where no Chinese font is installed."""
    try:
        fonts.find()
    except MulianError as error:
        closing.missing("fonts-noto-cjk")
        pytest.skip(str(error))


def need(program: str) -> None:
    """Skip where a program of poppler-utils is not on PATH."""
    if shutil.which(program) is None:
        closing.missing("poppler-utils")
        pytest.skip(f"{program} is not on PATH")
