"""Blocks, transactions and receipts by number, hash and index."""

import itertools
from typing import Any

import rlp

from chain.ledger.embedded.rpc import codec, format
from chain.ledger.embedded.rpc.errors import SERVER_ERROR, RpcError
from chain.ledger.embedded.rpc.service import Service

# waiting transactions shown in the pending block
PENDING_SHOWN = 1_000


def _block(service: Service, number: int, full: Any) -> dict[str, Any] | None:
    try:
        whole = service.view.block(number)
    except KeyError:
        return None
    return format.block(whole, service.view.size_of(number), codec.boolean(full))


def block_by_number(service: Service, tag: Any, full: Any = False) -> Any:
    """eth_getBlockByNumber: null beyond the head; "pending" is what would be sealed next, not executed."""
    if tag == "pending":
        waiting = [entry.transaction for entry in itertools.islice(service.node.pool.executable(), PENDING_SHOWN)]
        return format.pending_block(service.view.head(), waiting, codec.boolean(full))
    try:
        return _block(service, service.number(tag), full)
    except RpcError as error:
        if error.code == SERVER_ERROR:
            return None
        raise


def block_by_hash(service: Service, block_hash: Any, full: Any = False) -> Any:
    """eth_getBlockByHash."""
    try:
        return _block(service, service.view.number_of(codec.data(block_hash, 32)), full)
    except KeyError:
        return None


def transaction_count_by_number(service: Service, tag: Any) -> Any:
    """eth_getBlockTransactionCountByNumber."""
    found = block_by_number(service, tag)
    return None if found is None else codec.to_quantity(len(found["transactions"]))


def transaction_count_by_hash(service: Service, block_hash: Any) -> Any:
    """eth_getBlockTransactionCountByHash."""
    found = block_by_hash(service, block_hash)
    return None if found is None else codec.to_quantity(len(found["transactions"]))


def transaction_by_hash(service: Service, transaction_hash: Any) -> Any:
    """eth_getTransactionByHash: a waiting one has no block."""
    digest = codec.data(transaction_hash, 32)
    place = _located(service, digest)
    if place is None:
        entry = service.node.pool.get(digest)
        if entry is not None:
            return format.transaction(entry.transaction, None, 0)
        # sealed between the two looks: it left the pool after it had entered a block
        place = _located(service, digest)
    return None if place is None else _transaction_at(service, *place)


def _located(service: Service, digest: bytes) -> tuple[int, int] | None:
    try:
        return service.view.locate(digest)
    except KeyError:
        return None


def _transaction_at(service: Service, number: int, index: int) -> Any:
    try:
        return format.transaction(service.view.transaction(number, index), service.view.header(number), index)
    except KeyError:
        return None


def transaction_by_number_and_index(service: Service, tag: Any, index: Any) -> Any:
    """eth_getTransactionByBlockNumberAndIndex."""
    position = codec.quantity(index)
    number = _number_or_none(service, tag)
    return None if number is None else _transaction_at(service, number, position)


def transaction_by_hash_and_index(service: Service, block_hash: Any, index: Any) -> Any:
    """eth_getTransactionByBlockHashAndIndex."""
    return transaction_by_number_and_index(service, {"blockHash": codec.to_data(codec.data(block_hash, 32))}, index)


def raw_transaction_by_number_and_index(service: Service, tag: Any, index: Any) -> Any:
    """eth_getRawTransactionByBlockNumberAndIndex: null where there is none."""
    position = codec.quantity(index)
    number = _number_or_none(service, tag)
    try:
        return None if number is None else codec.to_data(service.view.transaction(number, position).encode())
    except KeyError:
        return None


def raw_transaction_by_hash_and_index(service: Service, block_hash: Any, index: Any) -> Any:
    """eth_getRawTransactionByBlockHashAndIndex."""
    wanted = {"blockHash": codec.to_data(codec.data(block_hash, 32))}
    return raw_transaction_by_number_and_index(service, wanted, index)


def _number_or_none(service: Service, tag: Any) -> int | None:
    try:
        return service.number(tag)
    except RpcError as error:
        if error.code == SERVER_ERROR:
            return None
        raise


def transaction_receipt(service: Service, transaction_hash: Any) -> Any:
    """eth_getTransactionReceipt: null while it waits."""
    try:
        number, index = service.view.locate(codec.data(transaction_hash, 32))
    except KeyError:
        return None
    return format.receipts(service.view.block(number), service.view.receipts(number))[index]


def block_receipts(service: Service, tag: Any) -> Any:
    """eth_getBlockReceipts: null for a block that is not there. Takes a number, a tag or a hash."""
    number = _number_or_none(service, {"blockHash": tag} if isinstance(tag, str) and len(tag) == 66 else tag)
    return None if number is None else format.receipts(service.view.block(number), service.view.receipts(number))


def raw_header(service: Service, tag: Any) -> str:
    """debug_getRawHeader."""
    return codec.to_data(rlp.encode(service.header(tag)))


def raw_receipts(service: Service, tag: Any) -> list[str]:
    """debug_getRawReceipts."""
    return [codec.to_data(receipt.encode()) for receipt in service.view.receipts(service.number(tag))]


def raw_transaction(service: Service, transaction_hash: Any) -> Any:
    """debug_getRawTransaction."""
    digest = codec.data(transaction_hash, 32)
    try:
        return codec.to_data(service.view.transaction(*service.view.locate(digest)).encode())
    except KeyError:
        entry = service.node.pool.get(digest)
        return None if entry is None else codec.to_data(entry.raw)


def raw_block(service: Service, tag: Any) -> str:
    """debug_getRawBlock."""
    return codec.to_data(rlp.encode(service.view.block(service.number(tag))))
