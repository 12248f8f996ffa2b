"""What adapters share: refusing what an engine has not, and two families of methods that two engines speak."""

from collections.abc import Iterable
from typing import Any

from chain.ledger.engines import enode as enodes
from chain.ledger.engines.port import Activity, Capabilities, Identity, Pool
from chain.ledger.errors import ENGINE_ANSWER, ENGINE_UNSUPPORTED
from chain.ledger.port import Ledger
from kernel.errors import MulianError


class BaseEngine:
    """Refuses every operation; adapters override what their engine has."""

    capabilities = Capabilities("foreign")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def validators(self) -> frozenset[str]:
        raise self._unsupported("validators")

    def proposals(self) -> dict[str, bool]:
        raise self._unsupported("proposals")

    def propose(self, address: str, *, add: bool) -> None:
        raise self._unsupported("propose")

    def discard(self, address: str) -> None:
        raise self._unsupported("discard")

    def activity(self) -> tuple[Activity, ...]:
        raise self._unsupported("activity")

    def identity(self) -> Identity:
        return Identity(None, None)

    def peers(self) -> frozenset[str]:
        raise self._unsupported("peers")

    def connect(self, enode: str) -> None:
        raise self._unsupported("connect")

    def disconnect(self, enode: str) -> None:
        raise self._unsupported("disconnect")

    def node_key(self, enode: str) -> str:
        return enodes.normalise(enode)

    def node_list(self) -> frozenset[str]:
        raise self._unsupported("node_list")

    def change_nodes(self, add: Iterable[str], remove: Iterable[str]) -> None:
        raise self._unsupported("change_nodes")

    def account_list(self) -> frozenset[str]:
        raise self._unsupported("account_list")

    def change_accounts(self, add: Iterable[str], remove: Iterable[str]) -> None:
        raise self._unsupported("change_accounts")

    def pool(self) -> Pool:
        raise self._unsupported("pool")

    def _unsupported(self, operation: str) -> MulianError:
        return ENGINE_UNSUPPORTED(engine=self.capabilities.key, operation=operation)

    def _txpool_status(self) -> Pool:
        found = self._mapping("txpool_status")
        return Pool(int(found["pending"], 16), int(found["queued"], 16))

    def _mapping(self, method: str, *params: Any) -> dict[str, Any]:
        found = self.ledger.request(method, *params)
        if not isinstance(found, dict):
            raise ENGINE_ANSWER(method=method)
        return found

    def _addresses(self, method: str, *params: Any) -> frozenset[str]:
        found = self.ledger.request(method, *params)
        if not isinstance(found, list):
            raise ENGINE_ANSWER(method=method)
        return frozenset(str(address).lower() for address in found)


class AdminMethods(BaseEngine):
    """``admin_*`` as geth and Besu have them."""

    def peers(self) -> frozenset[str]:
        found = self.ledger.request("admin_peers")
        return frozenset(enodes.normalise(str(peer["enode"])) for peer in found or ())

    def connect(self, enode: str) -> None:
        self.ledger.request("admin_addPeer", enodes.normalise(enode))

    def disconnect(self, enode: str) -> None:
        self.ledger.request("admin_removePeer", enodes.normalise(enode))

    def _enode(self) -> str:
        return enodes.normalise(str(self._mapping("admin_nodeInfo")["enode"]))


class AccountPermissions(BaseEngine):
    """``perm_*`` for accounts by Besu's names, which the embedded chain uses too."""

    def account_list(self) -> frozenset[str]:
        return self._addresses("perm_getAccountsAllowlist")

    def change_accounts(self, add: Iterable[str], remove: Iterable[str]) -> None:
        # what may send grows before it shrinks: an exchanged account is never out in between
        for method, values in (
            ("perm_addAccountsToAllowlist", sorted(add)), ("perm_removeAccountsFromAllowlist", sorted(remove)),
        ):
            if values:
                self.ledger.request(method, values)
