"""Reports need a Chinese font for their pdf and charts."""

import pytest

from tests.kernel.documents.engines import need_fonts


@pytest.fixture(autouse=True, scope="session")
def _fonts() -> None:
    need_fonts()
