"""Who sealed a block, and how many turns of sealers passed before it, by what each engine's header says.

mulian-poa: one sealer has every turn, so none can be missed. Clique (EIP-225): difficulty 2 is the signer whose turn
it is, 1 is another one in its place. QBFT (Besu): ``extraData`` holds the round in which the block was agreed;
each round before it is a proposer that did not come through.
"""

from typing import Any

from chain.ledger import headers

_ROUND = 3


def sealer_and_missed(engine: str, block: dict[str, Any]) -> tuple[str, int]:
    """Return (address, missed turns) of a block object; ``engine`` is the client version in lower case."""
    if engine.startswith("geth") and headers.is_clique(block):
        return headers.clique_signer(block), int(block["difficulty"] == "0x1")
    parts = headers.qbft_parts(block) if engine.startswith("besu") else None
    return str(block["miner"]).lower(), 0 if parts is None else int.from_bytes(parts[_ROUND])


def why_none(engine: str) -> str | None:
    """Why an engine can have no missed turns (a code for readers), None where it can."""
    return "single_sealer" if engine.lower().startswith("mulian") else None
