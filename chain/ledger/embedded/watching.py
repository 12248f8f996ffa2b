"""States that note what execution touches, for access lists and traces. They change no result and no gas."""

from typing import Any, cast

from eth.abc import ComputationAPI, MessageAPI
from eth.vm.forks.cancun.computation import CancunComputation
from eth_typing import Address

from chain.ledger.embedded.vm import MulianState


class RecordingState(MulianState):
    """Keeps every account and slot that became warm, those of reverted calls included."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.touched_accounts: set[Address] = set()
        self.touched_slots: set[tuple[Address, int]] = set()
        super().__init__(*arguments, **options)

    def mark_address_warm(self, address: Address) -> None:
        """Note and mark."""
        self.touched_accounts.add(address)
        super().mark_address_warm(address)

    def mark_storage_warm(self, address: Address, slot: int) -> None:
        """Note and mark."""
        self.touched_slots.add((address, slot))
        super().mark_storage_warm(address, slot)


class TracingComputation(CancunComputation):
    """Notes on each child the opcode that made it: a CALL inside a static call looks like a STATICCALL else."""

    made_by: int = 0

    def generate_child_computation(self, child_msg: MessageAPI) -> ComputationAPI:
        """Run the child; the program counter already stands behind the opcode."""
        opcode = self.msg.code[self.code.program_counter - 1]
        child = cast(TracingComputation, super().generate_child_computation(child_msg))
        child.made_by = opcode
        return child


class TracingState(MulianState):
    """Cancun's state with the computation above."""

    computation_class = TracingComputation
