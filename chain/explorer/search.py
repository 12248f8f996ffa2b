"""One search box: height, hash, address, department, contract, stream, code of a recorded object."""

import re

from sqlalchemy.orm import Session

from chain.explorer import names, port, queries, service
from chain.explorer.errors import TRANSACTION_NOT_FOUND
from chain.explorer.schemas import Hit
from chain.indexer import queries as index
from chain.ledger.port import Ledger
from kernel.errors import MulianError
from kernel.identity.actor import Actor

EACH = 8  # hits of one kind
_HASH, _ADDRESS = re.compile(r"(0x)?[0-9a-f]{64}"), re.compile(r"(0x)?[0-9a-f]{40}")
_HEIGHT = re.compile(r"\d{1,15}")


def search(session: Session, ledger: Ledger, actor: Actor, text: str) -> list[Hit]:
    """Return what a text means. A node that is away hides only what is not indexed yet."""
    given = text.strip()
    lower = given.lower()
    if _HASH.fullmatch(lower):
        return _hash(session, ledger, lower if lower.startswith("0x") else "0x" + lower)
    if _ADDRESS.fullmatch(lower):
        return [_address(session, lower if lower.startswith("0x") else "0x" + lower)]
    found = _block(session, ledger, int(lower)) if _HEIGHT.fullmatch(lower) else []
    return found + _named(session, actor, given) if given else []


def _hash(session: Session, ledger: Ledger, given: str) -> list[Hit]:
    if queries.transaction(session, given) is not None:
        return [Hit(kind="transaction", value=given, title=given)]
    block = queries.block_by_hash(session, given)
    if block is not None:
        return [Hit(kind="block", value=str(block.number), title=str(block.number), hint=given)]
    try:
        service.transaction(ledger, given)
    except MulianError as error:
        if error.code == TRANSACTION_NOT_FOUND.code:
            return []
        raise
    return [Hit(kind="transaction", value=given, title=given)]


def _address(session: Session, given: str) -> Hit:
    label = names.labels(session).get(given)
    return Hit(kind="address", value=given, title=label.name if label else given, hint=label.kind if label else None)


def _block(session: Session, ledger: Ledger, number: int) -> list[Hit]:
    cursor = index.cursor(session)
    top = cursor.height if cursor else -1
    if number > top:
        try:
            top = ledger.height()
        except MulianError:
            return []
    return [Hit(kind="block", value=str(number), title=str(number))] if number <= top else []


def _named(session: Session, actor: Actor, given: str) -> list[Hit]:
    found = []
    for one in port.objects(session, actor, given):
        for version, tx_hash in queries.anchored(session, one.object_type, one.object_id, EACH):
            hint = f"{one.code} · v{version}"
            found.append(Hit(kind="object", value=tx_hash, title=one.name, hint=hint))
    lower = given.lower()
    found += [
        Hit(kind="contract", value=address, title=name, hint=address)
        for address, name in queries.contracts(session) if lower in name.lower()
    ][:EACH]
    found += [
        Hit(kind="stream", value=name, title=name, hint=address)
        for address, name in queries.streams(session) if lower in name
    ][:EACH]
    units = queries.departments(session, given, limit=100)
    return found + [
        Hit(kind="department", value=str(one.id), title=one.name, hint=one.code) for one in units if actor.sees(one.id)
    ][:EACH]
