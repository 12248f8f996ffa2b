"""eth_getLogs by the log index, with limits on span and size."""

from typing import TYPE_CHECKING, Any

from chain.ledger.embedded.rpc import codec, format
from chain.ledger.embedded.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid
from chain.ledger.embedded.store import LogRow

if TYPE_CHECKING:
    from chain.ledger.embedded.rpc.service import Service

MAX_BLOCKS = 100_000
MAX_RESULTS = 10_000
MAX_BYTES = 16 * 1024 * 1024
_MAX_ALTERNATIVES = 256


def get_logs(service: "Service", criteria: Any) -> list[dict[str, Any]]:
    """Return the logs of a filter object; more than the limits allow is an error, never a cut answer."""
    wanted = codec.mapping(criteria, "the filter")
    first, last = _span(service, wanted)
    rows = _select(service, wanted, first, last, MAX_RESULTS + 1)
    if len(rows) > MAX_RESULTS:
        raise RpcError(LIMIT_EXCEEDED, f"query returned more than {MAX_RESULTS} results")
    return [_object(service, row) for row in rows]


def check(wanted: dict[str, Any]) -> None:
    """Raise RpcError for malformed addresses or topics."""
    _conditions(wanted)


def portion(
    service: "Service", wanted: dict[str, Any], first: int, last: int, size: int
) -> tuple[list[dict[str, Any]], int]:
    """Return (logs, last block looked at): about ``size`` logs, ending where a block ends."""
    last = min(last, first + MAX_BLOCKS - 1)
    rows = _select(service, wanted, first, last, size + 1)
    if len(rows) > size:
        last = rows[size][0] - 1
        rows = [row for row in rows if row[0] <= last]
        if not rows:
            # one block alone holds more: its own logs are handed over together
            last += 1
            rows = _select(service, wanted, last, last, MAX_RESULTS)
    return [_object(service, row) for row in rows], last


def _select(service: "Service", wanted: dict[str, Any], first: int, last: int, limit: int) -> list[tuple[Any, ...]]:
    conditions, values = _conditions(wanted)
    try:
        return service.log_view.store.select_within(
            "SELECT number, log_index, tx_index, tx_hash, address, topic0, topic1, topic2, topic3, data FROM log "
            f"WHERE {' AND '.join(['number BETWEEN ? AND ?', *conditions])} ORDER BY number, log_index LIMIT {limit}",
            [first, last, *values], MAX_BYTES,
        )
    except OverflowError as error:
        raise RpcError(LIMIT_EXCEEDED, f"query returned more than {MAX_BYTES} bytes") from error


def _conditions(wanted: dict[str, Any]) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    _add_addresses(wanted.get("address"), conditions, values)
    _add_topics(wanted.get("topics"), conditions, values)
    return conditions, values


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
    if last > head:
        raise invalid("block range extends beyond current head block")
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
        alternatives = _alternatives(item)
        topics = [codec.data(topic, 32) for topic in alternatives if topic is not None]
        if len(topics) < len(alternatives):
            conditions.append(f"topic{position} IS NOT NULL")
        else:
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
    return format.log(entry, service.view.header(row[0]))
