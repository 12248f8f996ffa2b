"""Tables whose primary key has several columns: refused before anything runs, unless one other column names rows."""

import pytest

from crypto.replacement import service
from crypto.replacement.errors import UNSUITED
from kernel.errors import MulianError
from tests.crypto.bureaus import PAIRS, SYSTEM, Bureau, allow, column, job_row, list_target, made
from tests.crypto.conftest import District


@PAIRS
def test_keys_of_several_columns(district: District, there: Bureau) -> None:
    allow(district)
    several = "batch INT, place INT, {} sfz VARCHAR(40), PRIMARY KEY (batch, place)"
    there.run(f"CREATE TABLE several ({several.format('')})")
    there.run(f"CREATE TABLE loose ({several.format('serial_no BIGINT UNIQUE,')})")
    there.run(f"CREATE TABLE named ({several.format('serial_no BIGINT NOT NULL UNIQUE,')})")
    job = made(district, list_target(district, there), *(column(one, "sfz") for one in ("several", "loose", "named")))
    checked = job_row(district.database, job).checked
    assert checked is not None
    said = {one["column"]: [reason["zh"] for reason in one["obstacles"]] for one in checked["columns"]}
    why = ["表没有单列非空的主键或唯一键"]
    assert said == {"several.sfz": why, "loose.sfz": why, "named.sfz": []}
    assert checked["columns"][2]["facts"]["key"] == "serial_no"
    with pytest.raises(MulianError) as caught:
        district.database.run(lambda s: service.request_run(s, SYSTEM, replacement_id=job, reason="最小必要"))
    assert caught.value.kind is UNSUITED and "several.sfz" in caught.value.text("zh")
