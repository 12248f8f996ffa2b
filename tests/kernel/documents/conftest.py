"""Printing needs a Chinese font."""

import pytest

from tests.kernel.documents.engines import need_fonts


@pytest.fixture(autouse=True, scope="session")
def _fonts() -> None:
    need_fonts()
