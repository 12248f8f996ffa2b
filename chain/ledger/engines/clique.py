"""geth 1.13 with Clique (EIP-225): votes by ``clique_*``, peers kept and dropped; no list binds in blocks."""

from collections.abc import Iterable

from chain.ledger.engines import enode as enodes
from chain.ledger.engines.base import AdminMethods
from chain.ledger.engines.port import Activity, Capabilities, Identity, Pool
from chain.ledger.errors import LEDGER_REFUSED
from kernel.errors import MulianError

CAPABILITIES = Capabilities(
    "clique", votes=True, peers=True, pool=True, heartbeat=True, node_list="node", node_api=False, account_list="rpc",
)


class CliqueEngine(AdminMethods):
    """A geth node. Its "list of nodes" is who is connected: geth has no list over RPC."""

    capabilities = CAPABILITIES

    def validators(self) -> frozenset[str]:
        return self._addresses("clique_getSigners", hex(self.ledger.height()))

    def proposals(self) -> dict[str, bool]:
        return {address.lower(): bool(add) for address, add in self._mapping("clique_proposals").items()}

    def propose(self, address: str, *, add: bool) -> None:
        self.ledger.request("clique_propose", address, add)

    def discard(self, address: str) -> None:
        self.ledger.request("clique_discard", address)

    def activity(self) -> tuple[Activity, ...]:
        if self.ledger.height() < 2:
            # geth divides by the number of whole blocks: up to block 1 its answer is an error about NaN
            return tuple(Activity(address, 0, None) for address in sorted(self.validators()))
        found = self._mapping("clique_status")["sealerActivity"]
        return tuple(Activity(address.lower(), int(count), None) for address, count in sorted(found.items()))

    def identity(self) -> Identity:
        try:
            signer: str | None = str(self.ledger.request("eth_coinbase")).lower()
        except MulianError as error:
            if error.kind is not LEDGER_REFUSED:
                raise
            signer = None  # a node without an etherbase does not seal
        return Identity(self._enode(), signer)

    def node_key(self, enode: str) -> str:
        # a peer that called in shows the port it called from, so the key alone says who it is
        return enodes.public_key(enode)

    def node_list(self) -> frozenset[str]:
        return self.peers()

    def change_nodes(self, add: Iterable[str], remove: Iterable[str]) -> None:
        for enode in sorted(remove):
            self.disconnect(enode)
        for enode in sorted(add):
            self.connect(enode)

    def pool(self) -> Pool:
        return self._txpool_status()
