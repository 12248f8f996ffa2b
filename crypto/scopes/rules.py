"""Pure rules of scopes: names and the normalisation before a blind index."""

import operator
import unicodedata
import uuid
from dataclasses import dataclass

ENC, BLIND_INDEX, TOKEN, FORMAT = "enc", "bi", "tok", "fpe"
NORMALISER_VERSION = 1
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True)
class Scope:
    """The name of an encrypted column of a department: what a key belongs to."""

    department_id: uuid.UUID
    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}@{self.department_id}"

    def label(self, purpose: str) -> bytes:
        """Return the bytes that bind a wrapped key to this scope and purpose."""
        return f"{self.department_id.hex}\0{self.table}\0{self.column}\0{purpose}".encode()


def normalise_text(text: str) -> bytes:
    """Return version ‖ NFKC text without outer white space."""
    return bytes((NORMALISER_VERSION,)) + unicodedata.normalize("NFKC", text).strip().encode()


def normalise_id_number(text: str) -> bytes:
    """Return version ‖ 公民身份号码 in one spelling: NFKC, no spaces, upper-case X, 15 digits widened to 18.

    Values that are no ID number keep their normalised text, so that equal input still finds equal rows.
    """
    value = text
    while (again := "".join(unicodedata.normalize("NFKC", value).split()).upper()) != value:
        value = again  # without a space, or in upper case, letters may join anew
    if len(value) == 15 and value.isascii() and value.isdigit():
        value = value[:6] + "19" + value[6:]
        value += check_digit(value)
    return bytes((NORMALISER_VERSION,)) + value.encode()


def check_digit(first17: str) -> str:
    """Return the check character of GB 11643-1999 for the first 17 digits."""
    if len(first17) != len(_WEIGHTS):
        raise ValueError("a check digit follows 17 digits")
    return _CHECKS[sum(map(operator.mul, _WEIGHTS, map(int, first17))) % 11]
