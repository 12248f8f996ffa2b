"""eth_getLogs by the log index, with limits on span and size."""

from typing import TYPE_CHECKING, Any

from chain.ledger.embedded.rpc import codec, format
from chain.ledger.embedded.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid
from chain.ledger.embedded.store import LogRow

if TYPE_CHECKING:
    from chain.ledger.embedded.rpc.methods import Service

MAX_BLOCKS = 100_000
MAX_RESULTS = 10_000
_MAX_ALTERNATIVES = 256


def get_logs(service: "Service", criteria: Any) -> list[dict[str, Any]]:
    """Return the logs of a filter object; more than the limits allow is an error, never a cut answer."""
    wanted = codec.mapping(criteria, "the filter")
    first, last = _span(service, wanted)
    conditions, values = ["number BETWEEN ? AND ?"], [first, last]
    _add_addresses(wanted.get("address"), conditions, values)
    _add_topics(wanted.get("topics"), conditions, values)
    rows = service.log_view.store.select(
        "SELECT number, log_index, tx_index, tx_hash, address, topic0, topic1, topic2, topic3, data FROM log "
        f"WHERE {' AND '.join(conditions)} ORDER BY number, log_index LIMIT {MAX_RESULTS + 1}",
        values,
    )
    if len(rows) > MAX_RESULTS:
        raise RpcError(LIMIT_EXCEEDED, f"query returned more than {MAX_RESULTS} results")
    return [_object(service, row) for row in rows]


def _span(service: "Service", wanted: dict[str, Any]) -> tuple[int, int]:
    if "blockHash" in wanted:
        if "fromBlock" in wanted or "toBlock" in wanted:
            raise invalid("blockHash excludes fromBlock and toBlock")
        number = service.number({"blockHash": wanted["blockHash"]})
        return number, number
    head = service.number("latest")
    first, last = _bound(service, wanted.get("fromBlock")), _bound(service, wanted.get("toBlock"))
    if first > last:
        raise invalid("invalid block range params")
    # what lies beyond the head holds nothing and does not count
    first, last = min(first, head + 1), min(last, head)
    if last - first >= MAX_BLOCKS:
        raise RpcError(LIMIT_EXCEEDED, f"block range is limited to {MAX_BLOCKS}")
    return first, last


def _bound(service: "Service", tag: Any) -> int:
    if isinstance(tag, str) and tag.startswith("0x"):
        return codec.quantity(tag)
    return service.number(tag)


def _add_addresses(given: Any, conditions: list[str], values: list[Any]) -> None:
    if given is None or given == []:
        return
    addresses = [codec.data(item, 20) for item in _alternatives(given)]
    conditions.append(f"address IN ({','.join('?' * len(addresses))})")
    values.extend(addresses)


def _add_topics(given: Any, conditions: list[str], values: list[Any]) -> None:
    if given is None:
        return
    if not isinstance(given, list) or len(given) > 4:
        raise invalid("topics are a list of at most 4")
    for position, item in enumerate(given):
        if item is None or item == []:
            # a place without a value still asks that the log has that many topics
            conditions.append(f"topic{position} IS NOT NULL")
            continue
        topics = [codec.data(topic, 32) for topic in _alternatives(item) if topic is not None]
        if topics:
            conditions.append(f"topic{position} IN ({','.join('?' * len(topics))})")
            values.extend(topics)


def _alternatives(given: Any) -> list[Any]:
    alternatives = given if isinstance(given, list) else [given]
    if len(alternatives) > _MAX_ALTERNATIVES:
        raise invalid(f"at most {_MAX_ALTERNATIVES} alternatives")
    return alternatives


def _object(service: "Service", row: tuple[Any, ...]) -> dict[str, Any]:
    topics = tuple(topic for topic in row[5:9] if topic is not None)
    entry = LogRow(row[0], row[1], row[2], row[3], row[4], topics, row[9])
    return format.log(entry, bytes(service.view.header(row[0]).hash))
