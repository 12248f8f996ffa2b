"""Hostile workbooks: one clear reason within seconds, bounded memory, nothing imported."""

import re
import time
from pathlib import Path

import pytest

from catalog.imports import reader
from kernel.errors import MulianError
from tests.catalog import books

FILES = books.hostile()
REASONS = {
    "far_cells": {"memory", "too_many_cells", "broken_content"}, "entities": {"broken_content"},
    "deep": {"broken_content", "ok"}, "lying_bomb": {"broken_content", "memory", "ok"}, "bomb": {"bomb"},
    "many_parts": {"too_many_parts"}, "truncated": {"broken_zip"}, "traversal": {"broken_content"},
    "png": {"not_a_workbook"}, "docx": {"not_a_workbook"}, "external": {"broken_content", "ok"}, "empty": {"empty"},
    "csv": {"mislabelled"}, "et": {"et"}, "old_garbage": {"broken_content"}, "null_bytes": {"not_a_workbook"},
    "renamed": {"mislabelled"}, "foreign_entity": {"broken_content", "ok"}, "million_rows": {"too_many_cells"},
    "csv_rows": {"too_many_cells"}, "csv_wide": {"too_many_cells"}, "csv_quote": {"broken_content"},
    "no_encoding": {"encoding"}, "json_deep": {"broken_content"}, "json_torn": {"broken_content"},
    "json_heavy": {"json_large"}, "json_many": {"too_many_cells", "memory"},
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_hostile_files_end_in_one_reason(name: str, tmp_path: Path) -> None:
    make, filename = FILES[name]
    path = tmp_path / "upload.bin"
    path.write_bytes(make())
    started = time.monotonic()
    try:
        sheets = reader.read(path, filename)
    except MulianError as error:
        assert error.code == "catalog.import.workbook"
        assert error.params["reason"] in REASONS[name]
        assert error.text("zh").startswith("不能读取该工作簿：") and "{" not in error.text("zh")
        assert error.fix("zh") and "{" not in error.fix("zh")
    else:
        assert "ok" in REASONS[name], "a file that looks hostile was read"
        text = str([sheet.rows for sheet in sheets])
        assert len(text) < 10_000 and "root:" not in text, "nothing was expanded or fetched"
    assert time.monotonic() - started < 20


def test_the_reading_child_has_less_than_a_gigabyte() -> None:
    assert reader.LIMITS["memory"] < 1 << 30 and reader.LIMITS["cpu_seconds"] < reader.WALL_SECONDS


def test_formulas_give_what_was_remembered_and_compute_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    path.write_bytes(books.formulas())
    (sheet,) = reader.read(path)
    assert sheet.rows[0][0] == "ab" and sheet.rows[0][1] in ("", None) and sheet.rows[0][2:4] == ["seen before", 2]


def test_every_reason_has_texts_and_a_way_out() -> None:
    for code, texts in reader._REASONS.items():
        assert all(texts), code
        assert re.search("[一-鿿]", texts[0]) and re.search("[一-鿿]", texts[2])


def test_an_ordinary_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        books.book(
            {
                "表": [
                    ["标题", None],
                    ["编码", "数"],
                    ["=1+1", 5],
                    ["𠮷", 0.5],
                    [123456789012345678, True],
                    ["", ""],
                    ["", ""],
                    ["", ""],
                    ["", "末"],
                ]
            },
            merge=[("表", "A7:A9", "合并")],
        )
    )
    (sheet,) = reader.read(path)
    assert sheet.name == "表"
    assert sheet.rows[2] == ["=1+1", 5] and sheet.rows[3] == ["𠮷", {"n": "0.5"}]
    assert sheet.rows[4] == [{"n": "1.234567890123457e+17"}, True]
    assert [row[0] for row in sheet.rows[6:]] == ["合并", "合并", "合并"], "a merged range fills its cells"


def test_a_sheet_that_begins_below_and_to_the_right_keeps_its_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(books.book({"表": [[], [None], [None, "编码"], [None, "甲"]]}))
    (sheet,) = reader.read(path)
    assert [[value for value in row if value] for row in sheet.rows] == [[], [], ["编码"], ["甲"]]
    assert sheet.rows[2][1] == "编码"
