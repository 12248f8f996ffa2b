"""Streams: opening one (account, right to write, which chain) before its first batch."""

from sqlalchemy.orm import Session

from chain.anchoring import queries, rules
from chain.anchoring.errors import ANCHOR_OTHER_CHAIN
from chain.anchoring.models import AnchorStream, AnchorTrust
from chain.anchoring.port import AnchorLedger, Identity
from kernel import clock
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

LEDGER = "chain.anchoring.ledger"


def open_ledger(runtime: Runtime) -> AnchorLedger:
    """Return the ledger this installation anchors to (``runtime.extras`` may hold another, for tests)."""
    if LEDGER in runtime.extras:
        given: AnchorLedger = runtime.extras[LEDGER]
        return given
    from chain.anchoring.adapters.registry import RegistryLedger  # web3 costs a second to import

    return RegistryLedger.open(runtime)


def key_purpose(stream: str) -> str:
    """The SecretBox purpose under which a stream's signer key is sealed."""
    return f"chain.anchor.signer/{stream}"


def prepare(runtime: Runtime, ledger: AnchorLedger, held: Held, name: str) -> str:
    """Make sure that the stream has an account with the right to write, and return the chain's origin.

    Raises ``chain.anchor.other_chain`` when another chain or registry answers than the one on record.
    """
    identity = ledger.identity()

    def unit(session: Session) -> AnchorStream:
        _note_chain(session, identity)
        stream = queries.stream(session, name) or _open(session, runtime, ledger, name)
        session.flush()
        leases.assert_fence(session, held)
        return stream

    stream = runtime.database.run(unit)
    if stream.seq == 0:  # nothing was signed in this epoch, so the right may not have been given
        ledger.authorise(rules.stream_id(rules.chain_name(name, stream.epoch)), stream.address)
    return rules.origin_of(identity.chain_id, identity.genesis_hash, identity.registry)


def _open(session: Session, runtime: Runtime, ledger: AnchorLedger, name: str) -> AnchorStream:
    key, address = ledger.new_account()
    stream = AnchorStream(
        name=name, epoch=1, address=address, key_sealed=runtime.box.seal(key_purpose(name), key), size=0, seq=0,
        head=rules.NO_HEAD, nonce=0, state="open", reason=None, changed_at=clock.now(),
    )  # fmt: skip
    session.add(stream)
    return stream


def _note_chain(session: Session, identity: Identity) -> None:
    """Keep what the trust file needs; a chain once noted never changes, its sealers may."""
    known = queries.trust(session)
    sealers = [dict(entry) for entry in identity.sealers]
    if known is None:
        session.add(
            AnchorTrust(
                id=1, chain_id=identity.chain_id, genesis_hash=identity.genesis_hash,
                registry_address=identity.registry, sealers=sealers, witness_quorum=0, changed_at=clock.now(),
            )
        )  # fmt: skip
        return
    expected = rules.origin_of(known.chain_id, known.genesis_hash, known.registry_address)
    found = rules.origin_of(identity.chain_id, identity.genesis_hash, identity.registry)
    if expected != found:
        raise ANCHOR_OTHER_CHAIN(expected=expected, found=found)
    merged = rules.merged_sealers(known.sealers, sealers, identity.height)
    if known.sealers != merged:
        known.sealers, known.changed_at = merged, clock.now()
