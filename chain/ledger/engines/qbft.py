"""Hyperledger Besu with QBFT: votes by ``qbft_*``, lists by ``perm_*`` on every node, refusal −32007.

Sources: Besu documentation "Private network API methods", RpcErrorType. Not run live yet: docs/operators/nodes.md.
"""

from collections.abc import Iterable
from dataclasses import replace

from chain.ledger.engines import enode as enodes
from chain.ledger.engines.base import AccountPermissions, AdminMethods
from chain.ledger.engines.port import Activity, Capabilities, Identity, Pool
from chain.ledger.port import Ledger

CAPABILITIES = Capabilities("qbft", votes=True, heartbeat=True)
_WINDOW = 100


class QbftEngine(AdminMethods, AccountPermissions):
    """A Besu node; what its operator did not enable with ``--rpc-http-api`` is unsupported."""

    def __init__(self, ledger: Ledger, modules: frozenset[str]) -> None:
        super().__init__(ledger)
        lists = "perm" in modules
        self.capabilities = replace(
            CAPABILITIES, peers="admin" in modules, pool="txpool" in modules, node_list="node" if lists else "none",
            account_list="node" if lists else "none", node_api=lists, account_api=lists,
        )

    def validators(self) -> frozenset[str]:
        return self._addresses("qbft_getValidatorsByBlockNumber", hex(self.ledger.height()))

    def proposals(self) -> dict[str, bool]:
        return {address.lower(): bool(add) for address, add in self._mapping("qbft_getPendingVotes").items()}

    def propose(self, address: str, *, add: bool) -> None:
        self.ledger.request("qbft_proposeValidatorVote", address, add)

    def discard(self, address: str) -> None:
        self.ledger.request("qbft_discardValidatorVote", address)

    def activity(self) -> tuple[Activity, ...]:
        height = self.ledger.height()
        found = self.ledger.request("qbft_getSignerMetrics", hex(max(height - _WINDOW, 0)), hex(height))
        return tuple(
            Activity(
                str(row["address"]).lower(), int(row["proposedBlockCount"], 16), int(row["lastProposedBlockNumber"], 16)
            )
            for row in found
            if int(row["address"], 16)  # block 0 has nobody's address
        )

    def identity(self) -> Identity:
        enode = enodes.normalise(str(self.ledger.request("net_enode")))
        return Identity(enode, enodes.address(enode))

    def node_list(self) -> frozenset[str]:
        found = self.ledger.request("perm_getNodesAllowlist")
        return frozenset(enodes.normalise(str(enode)) for enode in found)

    def change_nodes(self, add: Iterable[str], remove: Iterable[str]) -> None:
        for method, values in (
            ("perm_addNodesToAllowlist", sorted(add)), ("perm_removeNodesFromAllowlist", sorted(remove)),
        ):
            if values:
                self.ledger.request(method, values)

    def pool(self) -> Pool:
        found = self._mapping("txpool_besuStatistics")
        return Pool(int(found["localCount"]) + int(found["remoteCount"]), None)
