"""Which contracts stand at which addresses, and when their ABIs changed.

The platform's own come from the deployment journal and the build output; a feature with contracts of its own adds
them by :func:`provide`.
"""

import hashlib
from collections.abc import Callable, Iterable

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.contracts.models import ContractRelease
from chain.indexer.decoder import Known
from contracts_sc.artifacts import artifact

Provider = Callable[[Session, int], Iterable[Known]]
_providers: dict[str, Provider] = {}


def provide(name: str, provider: Provider) -> None:
    """Add contracts: ``provider(session, chain_id)`` gives them. One with an address known before wins."""
    _providers[name] = provider


def known(session: Session, chain_id: int) -> list[Known]:
    """Return every contract of a chain whose ABI is known, by address."""
    found = {one.address: one for one in _released(session, chain_id)}
    for _, provider in sorted(_providers.items()):
        found |= {one.address: one for one in provider(session, chain_id)}
    return [found[address] for address in sorted(found)]


def digest(contract: Known) -> str:
    """Return SHA-256 of name and ABI."""
    body = orjson.dumps([contract.name, contract.abi], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()


def _released(session: Session, chain_id: int) -> Iterable[Known]:
    # one that is superseded keeps what was done with it; a void one never stood anywhere
    query = select(ContractRelease.address, ContractRelease.name).where(
        ContractRelease.chain_id == chain_id, ContractRelease.state.in_(("live", "superseded"))
    )
    for address, name in session.execute(query.order_by(ContractRelease.created_at)):
        try:
            yield Known(address.lower(), name, artifact(name).abi)
        except KeyError:
            continue  # deployed by an older program, whose build output is gone
