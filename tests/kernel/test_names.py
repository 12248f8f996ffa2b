"""姓名 of whoever acted, and what is shown of those who are no user."""

import uuid

import pytest

from kernel.identity.names import Names

pytestmark = pytest.mark.pure


def test_a_name_by_id_by_user_name_or_as_noted() -> None:
    one, gone = uuid.uuid4(), uuid.uuid4()
    names = Names({one: "王明"}, {"lihe": "李鹤"})
    assert names.of(one, "wangming") == names.of(one, "wangming/报表") == "王明"
    assert names.of(gone, "zhangsan") == "zhangsan", "who has left keeps the name that was noted"
    assert (names.of(None, "lihe"), names.of(None, "system:cli"), names.of(None, None)) == ("李鹤", "system:cli", "")
