"""How many blocks must follow one before it stays."""

from chain.ledger.port import Ledger

# one sealer and Besu's QBFT never take a block back; Clique may, so we wait for more than its usual forks
FINAL_AT_ONCE = ("mulian", "besu")
CLIQUE_DEPTH = 12


def at_once(client: str) -> bool:
    """Whether a client's blocks are final when they are sealed; ``client`` is what it calls itself, in lower case."""
    return client.startswith(FINAL_AT_ONCE)


def final_height(ledger: Ledger) -> int:
    """Return the highest block that stays; below 0 while there is none."""
    height = ledger.height()
    return height if at_once(ledger.client_version().lower()) else height - CLIQUE_DEPTH
