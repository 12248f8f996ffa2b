"""Who sealed a block, and how many turns of sealers passed before it, by what each engine's header says.

mulian-poa: one sealer has every turn, so none can be missed. Clique (EIP-225): difficulty 2 is the signer whose turn
it is, 1 is another one in its place. QBFT (Besu): ``extraData`` holds the round in which the block was agreed;
each round before it is a proposer that did not come through.
"""

from typing import Any

import rlp

from chain.ledger import encoding

_CLIQUE_EXTRA = 32 + 65
_QBFT_FIELDS = 5
_ROUND = 3


def sealer_and_missed(engine: str, block: dict[str, Any]) -> tuple[str, int]:
    """Return (address, missed turns) of a block object; ``engine`` is the client version in lower case."""
    miner = str(block["miner"]).lower()
    number, extra = int(block["number"], 16), bytes.fromhex(str(block["extraData"]).removeprefix("0x"))
    if number == 0:
        return miner, 0
    if engine.startswith("geth") and len(extra) >= _CLIQUE_EXTRA and block["difficulty"] in ("0x1", "0x2"):
        return encoding.clique_signer(block), int(block["difficulty"] == "0x1")
    if engine.startswith("besu"):
        return miner, _rounds(extra)
    return miner, 0


def why_none(engine: str) -> str | None:
    """Why an engine can have no missed turns (a code for readers), None where it can."""
    return "single_sealer" if engine.lower().startswith("mulian") else None


def _rounds(extra: bytes) -> int:
    """The round number of QBFT's extraData, 0 where it is another consensus'."""
    try:
        fields = rlp.decode(extra)
    except rlp.exceptions.DecodingError:
        return 0
    if not isinstance(fields, list) or len(fields) != _QBFT_FIELDS or not isinstance(fields[_ROUND], bytes):
        return 0
    return int.from_bytes(fields[_ROUND])
