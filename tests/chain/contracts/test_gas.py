"""Gas of every writing call stays within 2 % of the committed snapshot."""

import json

from tests.chain.contracts import gas

TOLERANCE = 0.02


def test_gas_is_what_the_snapshot_says() -> None:
    committed = json.loads(gas.FILE.read_text("ascii"))
    found = gas.measured()
    assert set(found) == set(committed)
    off = {
        call: (committed[call], used) for call, used in found.items()
        if abs(used - committed[call]) > TOLERANCE * committed[call]
    }
    assert not off, f"(committed, now): {off}; if it is meant: python -m tests.chain.contracts.gas"
