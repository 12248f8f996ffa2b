"""What a reader process can be asked for, by the name that travels to it."""

from collections.abc import Callable
from typing import Any

from chain.ledger.embedded import execution, tracing
from chain.ledger.embedded.view import View

Kind = Callable[[View, dict[str, Any], int, dict[str, Any] | None], Any]
KINDS: dict[str, Kind] = {
    "call": execution.call,
    "estimate": execution.estimate,
    "accessList": execution.access_list,
    "trace": tracing.trace_transaction,
    "traceBlock": tracing.trace_block,
    "traceCall": tracing.trace_call,
}
