"""AnchorRegistry on whatever ledger the installation uses."""

from functools import cached_property

from chain.anchoring import evidence, verify_proof
from chain.anchoring.port import AnchorCall, Identity, Mined, Record
from chain.anchoring.rules import Head
from chain.contracts import service as contracts
from chain.contracts.errors import CONTRACT_UNKNOWN
from chain.ledger import accounts
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.ledger.errors import LEDGER_REFUSED
from chain.ledger.finality import CLIQUE_DEPTH, at_once
from chain.ledger.port import Ledger
from kernel.errors import MulianError
from kernel.runtime import Runtime

CONTRACT = "AnchorRegistry"
# what a client calls itself -> how its blocks are sealed (``verify_proof``) and which method names the sealers
ENGINES = {
    "mulian": ("mulian-poa", ""), "geth": ("clique", "clique_getSigners"),
    "besu": ("qbft", "qbft_getValidatorsByBlockNumber"),
}
# nine fresh storage words cost about 200,000 gas; the rest is room, gas is free
GAS = 500_000


class RegistryLedger:
    """The anchoring port over a ledger and the address of its AnchorRegistry."""

    def __init__(self, runtime: Runtime, ledger: Ledger, registry: str) -> None:
        self._runtime, self._ledger, self._registry = runtime, ledger, registry.lower()
        self._abi = interface(CONTRACT)

    @classmethod
    def open(cls, runtime: Runtime) -> "RegistryLedger":
        """Use the registry on record; deploy what is missing on the first contact."""
        try:
            with runtime.database.read() as session:
                registry = contracts.address_of(session, CONTRACT)
        except MulianError as error:
            if error.code != CONTRACT_UNKNOWN.code:
                raise
            registry = contracts.ensure_deployed(runtime)[CONTRACT]
        return cls(runtime, ledger_of(runtime), registry)

    @cached_property
    def _identity(self) -> Identity:
        genesis = self._ledger.block(0)
        if genesis is None:
            raise LEDGER_REFUSED(reason="no block 0")
        height = self._ledger.height()
        # block 0 of the embedded chain names its sealer as coinbase, so the genesis hash commits to it
        addresses = self._sealers(height) or [genesis.sealer.lower()]
        sealers = ({"from": 0, "to": None, "engine": self._engine[0], "addresses": addresses},)
        return Identity(self._ledger.chain_id(), genesis.hash.lower(), self._registry, sealers, height)

    @cached_property
    def _client(self) -> str:
        return self._ledger.client_version().lower()

    @cached_property
    def _engine(self) -> tuple[str, str]:
        for name, engine in ENGINES.items():
            if self._client.startswith(name):
                return engine
        raise LEDGER_REFUSED(reason=f"blocks of {self._client[:40]!r} cannot be proven")

    def _sealers(self, number: int) -> list[str]:
        """Who may seal at a block, by the engine's own word; empty on the embedded chain, which has one for ever."""
        method = self._engine[1]
        return sorted(str(one).lower() for one in self._ledger.request(method, hex(number))) if method else []

    def identity(self) -> Identity:
        """Return which chain and registry this is; asked once per process and object."""
        return self._identity

    def new_account(self) -> tuple[bytes, str]:
        """Make a key."""
        signer = accounts.new_signer()
        return signer.secret, signer.address

    def authorise(self, stream: bytes, address: str) -> None:
        """Grant the role that is the stream's id, as the contracts' admin."""
        asked = self._ledger.call(self._registry, self._abi.call("hasRole", stream, address))
        if not self._abi.result("hasRole", asked)[0]:
            contracts.admin_send(self._runtime, self._registry, self._abi.call("grantRole", stream, address))

    def head_of(self, stream: bytes) -> Head:
        """Return the stream's head on the chain."""
        output = self._ledger.call(self._registry, self._abi.call("headOf", stream))
        seq, size, head, root = self._abi.result("headOf", output)
        return Head(seq, size, head, root)

    def records(self, stream: bytes, first: int, last: int) -> list[Record]:
        """Return the registry's records first..last."""
        return [self._record(stream, seq) for seq in range(first, last + 1)]

    def _record(self, stream: bytes, seq: int) -> Record:
        output = self._ledger.call(self._registry, self._abi.call("recordOf", stream, seq))
        root, head, start, leaves, number, _ = self._abi.result("recordOf", output)[0]
        return Record(seq, head, root, start, leaves, number)

    def nonce(self, address: str) -> int:
        """Return the account's nonce in the head state."""
        return self._ledger.nonce(address)

    def sign(self, key: bytes, nonce: int, call: AnchorCall) -> tuple[bytes, str]:
        """Sign ``anchor`` for this chain and registry."""
        data = self._abi.call(
            "anchor", call.stream, call.seq, call.prev_head, call.root, call.from_index, call.leaves
        )
        signer = accounts.from_secret(key)
        chain_id = self._identity.chain_id
        return accounts.sign(signer, chain_id=chain_id, nonce=nonce, to=self._registry, data=data, gas=GAS)

    def send(self, raw: bytes) -> None:
        """Hand the bytes over."""
        self._ledger.send_raw(raw)

    def mined(self, tx_hash: str) -> Mined | None:
        """Return the transaction with its evidence once it is final."""
        receipt = self._ledger.receipt(tx_hash)
        if receipt is None:
            return None
        number = receipt.block_number
        # on Clique nobody seals twice within half of the signers' number of blocks: that many others follow
        more = len(self._sealers(number)) // 2 if self._engine[0] == "clique" else 0
        depth = 0 if at_once(self._client) else max(CLIQUE_DEPTH, more)
        if depth and self._ledger.height() < number + depth:
            return None
        headers = [self._ledger.header_rlp(number + after) for after in range(more + 1)]
        try:
            built = evidence.build(self._engine[0], headers, self._ledger.receipts_raw(number), receipt.tx_index)
            _, fields, name, _ = verify_proof.read_seals(built)
        except verify_proof.Invalid as error:
            raise LEDGER_REFUSED(reason=f"block {number}: {error}") from error
        return Mined(receipt.succeeded, number, "0x" + name.hex(), int.from_bytes(fields[11], "big"), built)
