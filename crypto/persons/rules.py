"""Synthetic persons that cannot be real: GB/T 2260 assigns no region code that begins with 7."""

import random
from dataclasses import dataclass, field

from crypto.scopes.rules import check_digit

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安宁远航思齐明轩若兰静怡文博雅琪子墨嘉树清如一鸣晓峰海棠建国秀英志强桂芳"


@dataclass(frozen=True)
class Person:
    """Clear values of one person. repr shows none of them."""

    id: int
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(repr=False)


def synthetic(count: int, *, first_id: int = 1, seed: int = 2026) -> list[Person]:
    """Return ``count`` invented persons with ids from ``first_id``: the same for the same seed.

    Region codes 7xxxxx were never assigned and phones begin with 100, which no number plan gives to a subscriber,
    so no value can belong to anybody. The check digits are right (GB 11643-1999).
    """
    source = random.Random(seed)
    return [_person(source, first_id + offset) for offset in range(count)]


def _person(source: random.Random, person_id: int) -> Person:
    given = "".join(source.sample(_GIVEN, source.choice((1, 2, 2))))
    born = f"{source.randrange(1940, 2020)}{source.randrange(1, 13):02d}{source.randrange(1, 29):02d}"
    body = f"7{source.randrange(100_000):05d}{born}{source.randrange(1_000):03d}"
    phone = f"100{source.randrange(10**8):08d}"
    return Person(person_id, source.choice(_FAMILY) + given, body + check_digit(body), phone)
