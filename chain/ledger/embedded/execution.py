"""eth_call and eth_estimateGas on a committed state; nothing of it is kept."""

from typing import Any

from eth.abc import BlockHeaderAPI, ComputationAPI, StateAPI
from eth.constants import CREATE_CONTRACT_ADDRESS, ZERO_ADDRESS
from eth.exceptions import Revert
from eth.vm.spoof import SpoofTransaction
from eth_abi import decode
from eth_typing import Address
from eth_utils import ValidationError

from chain.ledger.embedded.params import TRANSACTION_GAS_CAP
from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import REVERTED, SERVER_ERROR, RpcError, invalid
from chain.ledger.embedded.view import View

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


def call(view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None) -> str:
    """Return the hex output of a message call on block ``number``'s state; raise RpcError (code 3 on revert)."""
    header = view.header(number)
    computation = _run(view, header, request, _gas(request), overrides)
    _raise(computation)
    return codec.to_data(computation.output)


def estimate(view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None) -> str:
    """Return a gas limit, within 1 %, with which the transaction succeeds."""
    header = view.header(number)
    highest = _gas(request)
    computation = _run(view, header, request, highest, overrides)
    _raise(computation)
    lowest = highest - computation.get_gas_remaining()
    if not _run(view, header, request, lowest, overrides).is_error:
        return codec.to_quantity(lowest)
    # calls keep back 1/64 of the gas a level, so the need can lie above what is used
    while highest - lowest > max(500, lowest // 100):
        middle = min((lowest + highest) // 2, lowest * 2)
        if _run(view, header, request, middle, overrides).is_error:
            lowest = middle
        else:
            highest = middle
    return codec.to_quantity(highest)


def _gas(request: dict[str, Any]) -> int:
    given = request.get("gas")
    return TRANSACTION_GAS_CAP if given is None else min(codec.quantity(given), TRANSACTION_GAS_CAP)


def _run(
    view: View, header: BlockHeaderAPI, request: dict[str, Any], gas: int, overrides: dict[str, Any] | None
) -> ComputationAPI:
    state = view.state_on(header)
    if overrides:
        _override(state, overrides)
    transaction = _transaction(view, state, request, gas)
    try:
        return state.apply_transaction(transaction)  # type: ignore[arg-type]
    except ValidationError as error:
        if "Insufficient gas" in str(error):
            raise RpcError(SERVER_ERROR, "intrinsic gas too low") from error
        raise RpcError(SERVER_ERROR, str(error)[:300]) from error


def _transaction(view: View, state: StateAPI, request: dict[str, Any], gas: int) -> SpoofTransaction:
    sender = Address(codec.data(request["from"], 20)) if request.get("from") else ZERO_ADDRESS
    target = Address(codec.data(request["to"], 20)) if request.get("to") else CREATE_CONTRACT_ADDRESS
    value = codec.quantity(request["value"]) if request.get("value") else 0
    unsigned = view.vm_class.get_transaction_builder().create_unsigned_transaction(
        nonce=state.get_nonce(sender), gas_price=0, gas=gas, to=target, value=value, data=_input(request),
    )
    return SpoofTransaction(unsigned, from_=sender)


def _input(request: dict[str, Any]) -> bytes:
    given, older = request.get("input"), request.get("data")
    if given is not None and older is not None and given != older:
        raise invalid('both "data" and "input" are set and differ')
    text = given if given is not None else older
    return codec.data(text) if text is not None else b""


def _override(state: StateAPI, overrides: dict[str, Any]) -> None:
    for text, changes in overrides.items():
        address = Address(codec.data(text, 20))
        fields = codec.mapping(changes, "a state override")
        if "balance" in fields:
            state.set_balance(address, codec.quantity(fields["balance"]))
        if "nonce" in fields:
            state.set_nonce(address, codec.quantity(fields["nonce"]))
        if "code" in fields:
            state.set_code(address, codec.data(fields["code"]))
        for key, value in codec.mapping(fields.get("stateDiff", {}), "stateDiff").items():
            state.set_storage(address, codec.slot(key), codec.slot(value))


def _raise(computation: ComputationAPI) -> None:
    if computation.is_success:
        return
    if isinstance(computation.error, Revert):
        output = bytes(computation.output)
        raise RpcError(REVERTED, "execution reverted" + _reason(output), codec.to_data(output))
    raise RpcError(SERVER_ERROR, _vm_message(computation.error))


def _vm_message(error: Exception) -> str:
    name = type(error).__name__
    words = {
        "OutOfGas": "out of gas", "InvalidInstruction": "invalid opcode",
        "StackDepthLimit": "max call depth exceeded",
    }
    return words.get(name, f"{name}: {error}"[:300])


def _reason(output: bytes) -> str:
    try:
        if output[:4] == _ERROR_STRING:
            return ": " + str(decode(["string"], output[4:])[0])[:500]
        if output[:4] == _PANIC:
            return f": panic code {decode(['uint256'], output[4:])[0]:#x}"
    except Exception:  # a contract may return any bytes after the selector
        return ""
    return ""
