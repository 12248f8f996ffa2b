"""Pure rules of identifiers: resource codes, provisional and derived codes.

The check of 统一社会信用代码 is ``kernel.identity.rules.uscc_valid``, because departments live there.
"""

import re

RESOURCE_CODE = re.compile(r"^[123]\d{2}\d{3}\d*/\d{1,12}$")
PROVISIONAL_CODE = re.compile(r"^P-(?P<org>[0-9A-Za-z-]{1,32})-(?P<number>\d{6,})$")


def resource_code_valid(code: str) -> bool:
    """Whether ``code`` has the form 前段码/后段码 of GB/T 21063 (class 1–3, item, sub-item, details / number)."""
    return RESOURCE_CODE.fullmatch(code) is not None


def front_code(resource_code: str) -> str:
    """The class part before the slash; ValueError when it is no resource code."""
    if not resource_code_valid(resource_code):
        raise ValueError("not a resource code")
    return resource_code.split("/", 1)[0]


def resource_code(front: str, sequence: int) -> str:
    """A resource code from its class part and a sequence number."""
    code = f"{front}/{sequence:06d}"
    if not resource_code_valid(code):
        raise ValueError("not a class part")
    return code


def provisional_code(org: str, number: int) -> str:
    """``P-{org}-{nnnnnn}``: an entry without a class."""
    return f"P-{org}-{number:06d}"


def is_provisional(code: str) -> bool:
    """Whether an entry still waits for its class; such entries are not pushed to the city."""
    return PROVISIONAL_CODE.fullmatch(code) is not None


def last_number(code: str) -> int:
    """The number at the end of a code; 0 where there is none."""
    found = re.search(r"(\d+)$", code)
    return int(found[1]) if found else 0
