"""The embedded chain: one sealer, no peers; its account list binds at admission and in every block."""

from dataclasses import replace

from chain.ledger.engines.base import AccountPermissions
from chain.ledger.engines.port import Activity, Capabilities, Identity, Pool
from chain.ledger.port import Ledger

CAPABILITIES = Capabilities("embedded", pool=True, account_list="block")


class EmbeddedEngine(AccountPermissions):
    """Its validator set is its sealer; votes on members are the registry contract's, not consensus."""

    def __init__(self, ledger: Ledger, modules: frozenset[str]) -> None:
        super().__init__(ledger)
        # a list that a registry on the chain keeps is changed by transactions, not over RPC
        by_rpc = "perm" in modules and self._mapping("mulian_status").get("allowListRegistry") is None
        self.capabilities = replace(CAPABILITIES, account_api=by_rpc)

    def validators(self) -> frozenset[str]:
        return frozenset({self._sealer()})

    def activity(self) -> tuple[Activity, ...]:
        status = self._mapping("mulian_status")
        return (Activity(str(status["sealer"]).lower(), int(status["height"]), int(status["height"])),)

    def identity(self) -> Identity:
        return Identity(None, self._sealer())

    def pool(self) -> Pool:
        return self._txpool_status()

    def _sealer(self) -> str:
        return str(self._mapping("mulian_status")["sealer"]).lower()
