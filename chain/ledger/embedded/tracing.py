"""debug_trace*: a transaction is executed again on the state before it, and the tree of its calls is reported.

The tree is py-evm's own (a computation keeps its children); only the opcode that made each call is recorded beside
it. The one tracer is ``callTracer``, which is what explorers and wallets ask for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from eth.abc import ComputationAPI
from eth.exceptions import Revert
from eth_utils import to_checksum_address

from chain.ledger.embedded.execution import error_message, revert_reason, run_call
from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid
from chain.ledger.embedded.view import View
from chain.ledger.embedded.watching import TracingComputation

MAX_FRAMES = 10_000
MAX_BYTES = 16 * 1024 * 1024
_OPCODES = {0xF0: "CREATE", 0xF1: "CALL", 0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xF5: "CREATE2", 0xFA: "STATICCALL"}


def trace_transaction(
    view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the call tree of transaction ``request["index"]`` of block ``number``."""
    options = request.get("options")
    frames = _Frames(_only_top(options))
    for index, (gas, computation, used) in enumerate(_replay(view, number)):
        if index == request["index"]:
            return frames.root(computation, gas, used)
    raise KeyError(request["index"])


def trace_block(
    view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the call tree of every transaction of block ``number``; the limits are those of one answer."""
    frames = _Frames(_only_top(request.get("options")))
    transactions = view.block(number).transactions
    return [
        {"txHash": codec.to_data(transaction.hash), "result": frames.root(computation, gas, used)}
        for transaction, (gas, computation, used) in zip(transactions, _replay(view, number), strict=True)
    ]


def trace_call(view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None) -> Any:
    """Return the call tree of a call that is not sent."""
    options = request.get("options")
    state = view.tracing_state_on(view.header(number))
    computation, gas = run_call(view, state, request["call"], overrides)
    return _Frames(_only_top(options)).root(computation, gas, gas - computation.get_gas_remaining())


def _only_top(options: Any) -> bool:
    given = {} if options is None else codec.mapping(options, "the trace options")
    if given.get("tracer") != "callTracer":
        raise invalid('the tracer is "callTracer"')
    config = codec.mapping(given.get("tracerConfig") or {}, "tracerConfig")
    if not {"onlyTopCall"}.issuperset(config):
        raise invalid("tracerConfig has only onlyTopCall")
    return codec.boolean(config.get("onlyTopCall", False))


def _replay(view: View, number: int) -> Iterator[tuple[int, ComputationAPI, int]]:
    """Execute a block's transactions in order; yield (gas limit, root computation, gas used) of each."""
    state = view.tracing_state_before(number)
    receipts = view.receipts(number)
    before = 0
    for transaction, receipt in zip(view.block(number).transactions, receipts, strict=True):
        state.lock_changes()
        computation = state.apply_transaction(transaction)
        yield transaction.gas, computation, receipt.gas_used - before
        before = receipt.gas_used


@dataclass
class _Frames:
    """Builds call frames as geth's callTracer shapes them; counts what it hands out."""

    only_top: bool
    frames: int = 0
    size: int = 0

    def root(self, computation: ComputationAPI, gas: int, used: int) -> dict[str, Any]:
        """Return the frame of a transaction, whose gas includes the intrinsic part."""
        kind = "CREATE" if computation.msg.is_create else "CALL"
        frame = self._frame(computation, kind, computation.msg.sender, computation.msg.value)
        return frame | {"gas": codec.to_quantity(gas), "gasUsed": codec.to_quantity(used)}

    def _frame(self, computation: ComputationAPI, kind: str, caller: bytes, value: int) -> dict[str, Any]:
        message = computation.msg
        given = bytes(message.code) if message.is_create else bytes(message.data)
        output = bytes(computation.output)
        self._count(len(given) + len(output))
        frame: dict[str, Any] = {
            "type": kind, "from": to_checksum_address(caller), "gas": codec.to_quantity(message.gas),
            "gasUsed": codec.to_quantity(computation.get_gas_used()), "input": codec.to_data(given),
            "to": to_checksum_address(message.storage_address if message.is_create else message.code_address),
        }
        if output:
            frame["output"] = codec.to_data(output)
        if computation.is_error:
            frame |= _failure(computation)
        if kind != "STATICCALL":
            frame["value"] = codec.to_quantity(value)
        if computation.children and not self.only_top:
            frame["calls"] = [self._child(computation, child, value) for child in computation.children]
        return frame

    def _child(self, parent: ComputationAPI, child: ComputationAPI, value: int) -> dict[str, Any]:
        kind = _OPCODES[cast(TracingComputation, child).made_by]
        passed = value if kind == "DELEGATECALL" else child.msg.value
        return self._frame(child, kind, parent.msg.storage_address, passed)

    def _count(self, size: int) -> None:
        self.frames += 1
        self.size += size
        if self.frames > MAX_FRAMES or self.size > MAX_BYTES:
            raise RpcError(LIMIT_EXCEEDED, f"the trace has more than {MAX_FRAMES} calls or {MAX_BYTES} bytes")


def _failure(computation: ComputationAPI) -> dict[str, Any]:
    if not isinstance(computation.error, Revert):
        return {"error": error_message(computation)}
    reason = revert_reason(bytes(computation.output))
    return {"error": "execution reverted"} | ({"revertReason": reason} if reason else {})
