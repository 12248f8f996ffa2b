"""Masks: the officers' table row by row, and what no spelling of a value may change."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crypto.masking.rules import _clean, kinds, mask

pytestmark = pytest.mark.pure
TABLE = Path(__file__).parents[2] / "docs/officers/masking.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| 方式")
]
# kind → the most characters of a value that may ever be seen
MOST = {
    "name": 1, "id_number": 5, "phone": 7, "address": 12, "bank_card": 4, "hmt_permit": 3, "passport": 3, "document": 5,
    "all": 0,
}


@pytest.mark.parametrize(("kind", "_for", "value", "shown", "_rule"), ROWS)
def test_the_table_of_the_guide_is_true(kind: str, _for: str, value: str, shown: str, _rule: str) -> None:
    assert mask(kind, value) == shown


def test_the_table_names_every_kind() -> None:
    assert {row[0] for row in ROWS} == set(kinds())


@pytest.mark.parametrize(("kind", "text", "expected"), [
    ("name", "甲", "甲*"), ("name", "　张三　", "张*"), ("name", "\u200b张\u200b三", "张*"), ("name", "John Smith", "J***"),
    ("id_number", "110101199003071 23X", "110*************3X"),
    ("id_number", "１１０１０１１９９００３０７１２３Ｘ", "110*************3X"),
    ("id_number", "110101 19900307 123X", "110*************3X"), ("id_number", "11010119900307123Y", "******"),
    ("id_number", "张三李四王五赵六钱七孙八周九吴十郑一", "******"), ("id_number", "1101011990030712345", "******"),
    ("phone", "8613800138000", "138****8000"), ("phone", "008613800138000", "138****8000"),
    ("phone", "１３８００１３８０００", "138****8000"), ("phone", "12800138000", "*********00"),
    ("phone", "01066001234", "*********34"), ("phone", "13800138000转分机", "******"), ("phone", "138001", "******"),
    ("phone", "1380013800013900139000", "********************00"),
    ("phone", "(010) 6600-1234", "*************34"), ("address", "上海市浦东新区世纪大道1号", "上海市浦东新区******"),
    ("address", "幸福小区5栋", "幸福小******"), ("address", "中关村科技园区3号", "中关村******"),
    ("address", "广东省东莞市长安镇德政路8号", "广东省******"), ("address", "河北省廊坊市大厂回族自治县", "河北省******"),
    ("address", "阳光家园A区", "阳光家******"), ("address", "北京市幸福东区5号", "北京市******"),
    ("address", "幸福超市西区5号", "幸福超******"), ("address", "沈阳市铁西区兴华街", "沈阳市铁西区******"),
    ("address", "重庆市万州区白岩路1号", "重庆市万州区******"), ("address", "北京市红旗大街1号", "北京市******"),
    ("address", "内蒙古自治区民族大道1号", "内蒙古******"), ("address", "北京市西城区", "北京市******"),
    ("address", "广西壮族自治区南宁市青秀区", "广西壮******"), ("address", "山西省运城市盐湖区中银大道", "山西省运城市盐湖区******"),
    ("address", "锡林郭勒盟太仆寺旗宝昌镇", "锡林郭勒盟太仆寺旗******"), ("address", "河南省郑州市管城回族区东街", "河南省郑州市管城回族区******"),
    ("address", "区", "******"), ("address", "二龙", "二******"), ("address", "河北省邢台市内丘县中兴街", "河北省邢台市内丘县******"),
    ("bank_card", "6222-0212-3456-7890-123", "***************0123"),
    ("bank_card", "62220212345678901234", "******"), ("bank_card", "622202123456789X", "******"),
    ("bank_card", "６２２２０２１２３４５６７８９０", "************7890"), ("hmt_permit", "H1234567801", "H********01"),
    ("hmt_permit", "1234567801(B)", "******"), ("hmt_permit", "0123456789A", "*********9A"),
    ("hmt_permit", "HK123456", "******"), ("hmt_permit", "1234567", "******"), ("passport", "123456", "****56"),
    ("passport", "PASSPORT", "******"), ("passport", "E1234567890", "******"),
    ("passport", "G 12345678", "G******78"), ("passport", "E1234", "******"),
    ("document", "E12345678", "E******78"), ("document", "12345678", "******78"), ("document", "无", "******"),
    ("document", "营业执照", "******"), ("all", "x", "******"),
])
def test_spellings_and_malformed_values(kind: str, text: str, expected: str) -> None:
    assert mask(kind, text) == expected


ANYTHING = st.one_of(
    st.text(min_size=1, max_size=60), st.text("0123456789Xx -+EHMG", min_size=1, max_size=24),
    st.from_regex(r"[EGDHM]?[0-9]{6,19}[Xx]?", fullmatch=True), st.text("北京省市区县旗内蒙古自治盟州5号", min_size=1, max_size=24),
)


@given(st.sampled_from(sorted(MOST)), ANYTHING)
def test_never_more_than_the_rule_allows(kind: str, text: str) -> None:
    """Whatever the value: few characters are seen, what is hidden of a number is never below 4, none is invented."""
    shown = mask(kind, text)
    clear = [character for character in shown if character != "*"]
    assert len(clear) <= MOST[kind] and "*" in shown
    if kind not in ("name", "all") and clear:
        assert shown.count("*") >= 4


@given(st.sampled_from(kinds()), ANYTHING)
def test_spelling_changes_nothing(kind: str, text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "0" <= c <= "9" or "A" <= c <= "Z" else c for c in text)
    if re.fullmatch(r"[0-9A-Z]+", text):
        assert mask(kind, wide) == mask(kind, f"  {text}\t") == mask(kind, f"\ufeff{text}\u200b") == mask(kind, text)
    assert mask(kind, mask(kind, text)).replace("*", "") in mask(kind, text)


@given(st.sampled_from(sorted(set(kinds()) - {"name", "address"})), st.from_regex(r"[0-9]{1,30}", fullmatch=True))
def test_equal_masks_hide_which_of_many(kind: str, text: str) -> None:
    """Two numbers of one form that differ in the hidden part look the same."""
    shown = mask(kind, text)
    if len(shown) == len(text):
        other = "".join(("7" if c != "7" else "3") if s == "*" else c for s, c in zip(shown, text, strict=True))
        assert mask(kind, other) in (shown, "******")


@given(st.sampled_from(kinds()), ANYTHING)
def test_no_mask_ever_shows_the_whole_value(kind: str, text: str) -> None:
    assume("*" not in text)
    shown = mask(kind, text)
    assert "*" in shown
    assert len(_clean(text)) < 2 or _clean(text) not in shown


def test_nothing_stays_nothing_and_blank_is_hidden() -> None:
    for kind in kinds():
        assert mask(kind, "") == ""
        assert mask(kind, " \u200b") == "******"
    with pytest.raises(ValueError, match="unknown mask"):
        mask("nothing", "13800138000")
