"""Rehearsals in their limited child: same report as here, stopped at limits, one error for every other ending."""

from typing import Any

import pytest

from chain.contracts import packages, rehearsal, rehearsing
from chain.ledger.rehearsal import Rehearsal, address_of
from kernel.errors import MulianError
from tests.chain.contracts.life import FORMAT, document


def request(steps: list[dict[str, Any]], fork: str = "london") -> dict[str, Any]:
    package = packages.parse(document(), "Sums")[0]
    return {
        "fork": fork, "former": None, "needs": [],
        "suite": {"format": FORMAT, "cases": [{"name": "adds", "steps": steps}]},
        "version": {"name": "Sums", "kind": "plain", "package": package.document(), "arguments": [],
                    "initialiser": None, "libraries": {}},
    }


ADD = {"read": "add", "arguments": [[1, 2]], "returns": [3]}


def test_the_child_reports_what_a_run_here_reports() -> None:
    asked = request([ADD])
    found = rehearsal.run(asked)
    assert found == rehearsing.rehearse(asked) and found["passed"] and found["fork"] == "london"


def test_a_rehearsal_ends_at_its_limit() -> None:
    endless = request([{"read": "add", "arguments": [[1] * 1000], "returns": [1000]}] * 1500)
    with pytest.raises(MulianError, match="rehearsal_stopped") as caught:
        rehearsal.run(endless, cpu_seconds=2)
    assert caught.value.params["reason"] == "time"


def test_expectations_that_do_not_hold_are_told_apart() -> None:
    overflow = {"read": "add", "arguments": [[2**53 - 1, str(2**256 - 1)]]}
    wanted = [
        (ADD | {"returns": [4]}, "result"), (ADD | {"returns": []}, "result"),
        (ADD | {"read": "no"}, "method_unknown"),
        (ADD | {"arguments": [["x"]]}, "arguments"), (ADD | {"gas_at_most": 1}, "gas"), (overflow, "should_succeed"),
        ({"read": "add", "arguments": [[1]], "reverts": True}, "should_revert"),
        (overflow | {"reverts": "Panic(0x12)"}, "other_revert"), (overflow | {"reverts": "Panic"}, None),
        (overflow | {"reverts": "Panic(0x11)"}, None),
        ({"call": "add", "arguments": [[1]], "events": [{"name": "E"}]}, "events"),
    ]
    for step, code in wanted:
        report = rehearsing.rehearse(request([ADD, step], "cancun"))
        failure = report["cases"][0]["failure"]
        assert (failure and failure["code"]) == code, step
        assert report["passed"] == (code is None)


def test_forks_differ_where_they_should() -> None:
    # PUSH0 is an opcode from Shanghai on; MCOPY from Cancun on
    push0, mcopy = bytes.fromhex("5f5ff3"), bytes.fromhex("60006000600060005e00")
    who = address_of("deployer")
    for fork, first, second in [("london", False, False), ("shanghai", True, False), ("cancun", True, True)]:
        chain = Rehearsal(fork)
        assert (chain.create(who, push0).succeeded, chain.create(who, mcopy).succeeded) == (first, second)
