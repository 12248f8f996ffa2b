"""eth_call, eth_estimateGas, eth_createAccessList on a committed state; nothing of it is kept."""

from typing import Any

from eth.abc import BlockHeaderAPI, ComputationAPI, StateAPI
from eth.constants import CREATE_CONTRACT_ADDRESS, ZERO_ADDRESS
from eth.exceptions import Revert
from eth.vm.spoof import SpoofTransaction
from eth_abi import decode
from eth_typing import Address
from eth_utils import ValidationError, to_checksum_address

from chain.ledger.embedded.params import TRANSACTION_GAS_CAP
from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import REVERTED, SERVER_ERROR, RpcError, invalid
from chain.ledger.embedded.view import View
from chain.ledger.embedded.watching import RecordingState

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_OVERRIDES = frozenset({"balance", "nonce", "code", "state", "stateDiff"})
# each round runs the call once; a list that still grows after so many is an error, not a guess
_ACCESS_ROUNDS = 8
# one below the limit: the call itself counts the sender's nonce up
_MAX_NONCE = 2**64 - 2
_MAX_REFUND_QUOTIENT = 5  # EIP-3529

AccessList = list[tuple[Address, tuple[int, ...]]]


def call(view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None) -> str:
    """Return the hex output of a message call on block ``number``'s state; raise RpcError (code 3 on revert)."""
    computation = _run(view, view.header(number), request, _gas(request), overrides)
    check_success(computation)
    return codec.to_data(computation.output)


def estimate(view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None) -> str:
    """Return a gas limit, within 1 %, with which the transaction succeeds."""
    header = view.header(number)
    highest = _gas(request)
    computation = _run(view, header, request, highest, overrides)
    check_success(computation)
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


def access_list(
    view: View, request: dict[str, Any], number: int, overrides: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return {"accessList", "gasUsed"} of a call, with "error" when it fails even so (eth_createAccessList)."""
    header = view.header(number)
    gas = _gas(request)
    known: AccessList = _given_list(request)
    for _ in range(_ACCESS_ROUNDS):
        state = view.recording_state_on(header)
        computation = _apply(view, state, request, gas, overrides, known)
        found = _touched(state, computation)
        if found == known:
            break
        known = found
    else:
        raise RpcError(SERVER_ERROR, f"the access list still grows after {_ACCESS_ROUNDS} rounds")
    used = gas - computation.get_gas_remaining()
    used -= min(computation.get_gas_refund(), used // _MAX_REFUND_QUOTIENT)
    result: dict[str, Any] = {"accessList": [_access_item(item) for item in known], "gasUsed": codec.to_quantity(used)}
    if computation.is_error:
        result["error"] = error_message(computation)
    return result


def _access_item(item: tuple[Address, tuple[int, ...]]) -> dict[str, Any]:
    keys = [codec.to_data(slot.to_bytes(32, "big")) for slot in item[1]]
    return {"address": to_checksum_address(item[0]), "storageKeys": keys}


def _touched(state: RecordingState, computation: ComputationAPI) -> AccessList:
    """What a list pays for: warm from the start are the sender, the target, the precompiles and the coinbase."""
    free = {computation.msg.sender, computation.msg.storage_address, state.coinbase, *computation.precompiles}
    slots: dict[Address, set[int]] = {address: set() for address in state.touched_accounts if address not in free}
    for address, slot in state.touched_slots:
        slots.setdefault(address, set()).add(slot)
    return [(address, tuple(sorted(slots[address]))) for address in sorted(slots)]


def _gas(request: dict[str, Any]) -> int:
    given = request.get("gas")
    return TRANSACTION_GAS_CAP if given is None else min(codec.quantity(given), TRANSACTION_GAS_CAP)


def _run(
    view: View, header: BlockHeaderAPI, request: dict[str, Any], gas: int, overrides: dict[str, Any] | None
) -> ComputationAPI:
    return _apply(view, view.state_on(header), request, gas, overrides, _given_list(request))


def _apply(
    view: View, state: StateAPI, request: dict[str, Any], gas: int, overrides: dict[str, Any] | None,
    accesses: AccessList,
) -> ComputationAPI:
    if overrides:
        _override(state, overrides)
    transaction = _transaction(view, state, request, gas, accesses)
    try:
        return state.apply_transaction(transaction)  # type: ignore[arg-type]
    except ValidationError as error:
        if "Insufficient gas" in str(error):
            raise RpcError(SERVER_ERROR, "intrinsic gas too low") from error
        raise RpcError(SERVER_ERROR, str(error)[:300]) from error


def run_call(
    view: View, state: StateAPI, request: dict[str, Any], overrides: dict[str, Any] | None
) -> tuple[ComputationAPI, int]:
    """Run a call on a state of the caller's making (a tracing one); return it with its gas limit."""
    gas = _gas(request)
    return _apply(view, state, request, gas, overrides, _given_list(request)), gas


def _transaction(
    view: View, state: StateAPI, request: dict[str, Any], gas: int, accesses: AccessList
) -> SpoofTransaction:
    sender = codec.address(request["from"]) if request.get("from") else ZERO_ADDRESS
    target = codec.address(request["to"]) if request.get("to") else CREATE_CONTRACT_ADDRESS
    value = codec.quantity(request["value"]) if request.get("value") else 0
    builder: Any = view.vm_class.get_transaction_builder()
    fields: dict[str, Any] = {
        "nonce": state.get_nonce(sender), "gas_price": 0, "gas": gas, "to": target, "value": value,
        "data": _input(request),
    }
    if accesses:
        unsigned = builder.new_unsigned_access_list_transaction(
            chain_id=view.genesis.chain_id, access_list=accesses, **fields
        )
    else:
        unsigned = builder.create_unsigned_transaction(**fields)
    return SpoofTransaction(unsigned, from_=sender)


def _given_list(request: dict[str, Any]) -> AccessList:
    given = request.get("accessList")
    if not given:
        return []
    if not isinstance(given, list):
        raise invalid("accessList is a list")
    items = [codec.mapping(item, "an access list entry") for item in given]
    return [
        (codec.address(item.get("address")), tuple(codec.slot(key) for key in item.get("storageKeys") or ()))
        for item in items
    ]


def _input(request: dict[str, Any]) -> bytes:
    given, older = request.get("input"), request.get("data")
    if given is not None and older is not None and given != older:
        raise invalid('both "data" and "input" are set and differ')
    text = given if given is not None else older
    return codec.data(text) if text is not None else b""


def _override(state: StateAPI, overrides: dict[str, Any]) -> None:
    for text, changes in overrides.items():
        address = codec.address(text)
        fields = codec.mapping(changes, "a state override")
        if not _OVERRIDES.issuperset(fields):
            raise invalid(f"a state override has only {', '.join(sorted(_OVERRIDES))}")
        if "balance" in fields:
            state.set_balance(address, codec.quantity(fields["balance"]))
        if "nonce" in fields:
            state.set_nonce(address, _nonce(fields["nonce"]))
        if "code" in fields:
            state.set_code(address, codec.data(fields["code"]))
        _override_storage(state, address, fields)


def _nonce(given: Any) -> int:
    nonce = codec.quantity(given)
    if nonce >= _MAX_NONCE:
        raise invalid("a nonce has 64 bits")
    return nonce


def _override_storage(state: StateAPI, address: Address, fields: dict[str, Any]) -> None:
    if "state" in fields and "stateDiff" in fields:
        raise invalid("a state override has state or stateDiff, not both")
    if "state" in fields:
        state.delete_storage(address)
    slots = codec.mapping(fields.get("state", fields.get("stateDiff", {})), "overridden storage")
    for key, value in slots.items():
        state.set_storage(address, codec.slot(key), codec.slot(value))


def check_success(computation: ComputationAPI) -> None:
    """Raise the RpcError of a failed computation: code 3 with the data for a revert."""
    if computation.is_success:
        return
    if isinstance(computation.error, Revert):
        raise RpcError(REVERTED, error_message(computation), codec.to_data(bytes(computation.output)))
    raise RpcError(SERVER_ERROR, error_message(computation))


def error_message(computation: ComputationAPI) -> str:
    """Return a failed computation's error in geth's words."""
    error = computation.error
    if isinstance(error, Revert):
        reason = revert_reason(bytes(computation.output))
        return f"execution reverted: {reason}" if reason else "execution reverted"
    words = {
        "OutOfGas": "out of gas", "InvalidInstruction": "invalid opcode",
        "StackDepthLimit": "max call depth exceeded",
    }
    name = type(error).__name__
    return words.get(name, f"{name}: {error}"[:300])


def revert_reason(output: bytes) -> str:
    """Return the text of ``Error(string)`` or ``Panic(uint256)``, empty for other data."""
    try:
        if output[:4] == _ERROR_STRING:
            return str(decode(["string"], output[4:])[0])[:500]
        if output[:4] == _PANIC:
            return f"panic code {decode(['uint256'], output[4:])[0]:#x}"
    except Exception:  # a contract may return any bytes after the selector
        return ""
    return ""
