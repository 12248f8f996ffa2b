"""debug_trace* with callTracer; the work is done by a reader process."""

from typing import Any

from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import SERVER_ERROR, RpcError
from chain.ledger.embedded.rpc.service import Service


def trace_transaction(service: Service, transaction_hash: Any, options: Any = None) -> Any:
    """debug_traceTransaction."""
    try:
        number, index = service.view.locate(codec.data(transaction_hash, 32))
    except KeyError as error:
        raise RpcError(SERVER_ERROR, "transaction not found") from error
    return service.execute("trace", {"index": index, "options": options}, number, None)


def trace_block_by_number(service: Service, tag: Any, options: Any = None) -> Any:
    """debug_traceBlockByNumber."""
    number = service.number(tag)
    if number == 0:
        raise RpcError(SERVER_ERROR, "genesis is not traceable")
    return service.execute("traceBlock", {"options": options}, number, None)


def trace_block_by_hash(service: Service, block_hash: Any, options: Any = None) -> Any:
    """debug_traceBlockByHash."""
    return trace_block_by_number(service, {"blockHash": codec.to_data(codec.data(block_hash, 32))}, options)


def trace_call(service: Service, request: Any, tag: Any = "latest", options: Any = None) -> Any:
    """debug_traceCall, with "stateOverrides" among its options."""
    number = service.number(tag)
    wanted = codec.mapping(request, "the call")
    given = {} if options is None else codec.mapping(options, "the trace options")
    overrides = given.get("stateOverrides")
    if overrides is not None:
        codec.mapping(overrides, "the state overrides")
    return service.execute("traceCall", {"call": wanted, "options": options}, number, overrides)
