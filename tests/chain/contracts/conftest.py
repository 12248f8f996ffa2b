"""Contracts on a rehearsal chain: py-evm in this process, each submission sealed at once."""

from collections.abc import Iterator

import pytest

from chain.ledger import accounts
from chain.ledger.abi import Interface, interface
from chain.ledger.accounts import Signer
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.port import Receipt
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from kernel.home import Home
from tests.chain.contracts.network import Contract, Network


class Deployed:
    """A deployed contract and the accounts that use it."""

    def __init__(self, ledger: Web3Ledger, name: str) -> None:
        self.ledger = ledger
        self.interface: Interface = interface(name)
        self.admin = accounts.new_signer()
        self._nonces: dict[str, int] = {}
        created = self._send(
            self.admin, None, artifact(name).creation + self.interface.constructor(self.admin.address)
        )
        assert created.contract_address is not None
        self.address = created.contract_address

    def grant(self, role: bytes, signer: Signer) -> None:
        assert self.send(self.admin, "grantRole", role, signer.address).succeeded

    def send(self, signer: Signer, function: str, *arguments: object) -> Receipt:
        """Send a call; the receipt may say that it failed."""
        return self._send(signer, self.address, self.interface.call(function, *arguments))

    def refusal(self, signer: Signer, function: str, *arguments: object) -> str:
        """Return the custom error with which a call reverts."""
        with pytest.raises(MulianError) as caught:
            self.ledger.call(self.address, self.interface.call(function, *arguments), sender=signer.address)
        text = self.interface.error(bytes.fromhex(caught.value.params["data"][2:]))
        assert text is not None
        return text

    def read(self, function: str, *arguments: object) -> tuple:
        return self.interface.result(
            function, self.ledger.call(self.address, self.interface.call(function, *arguments))
        )

    def _send(self, signer: Signer, to: str | None, data: bytes) -> Receipt:
        nonce = self._nonces.get(signer.address, 0)
        self._nonces[signer.address] = nonce + 1
        raw, digest = accounts.sign(signer, chain_id=self.ledger.chain_id(), nonce=nonce, to=to, data=data)
        self.ledger.send_raw(raw)
        return self.ledger.wait_receipt(digest)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web3Ledger]:
    place = Home(tmp_path_factory.mktemp("rehearsal") / "home")
    place.prepare()
    with Node(place, Options(rehearsal=True)) as node, in_process(node) as provider:
        yield Web3Ledger("in-process", provider)


@pytest.fixture(scope="module")
def anchors(rehearsal: Web3Ledger) -> Deployed:
    return Deployed(rehearsal, "AnchorRegistry")


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


@pytest.fixture(scope="module")
def catalog(network: Network) -> Contract:
    return network.proxied("CatalogRegistry")
