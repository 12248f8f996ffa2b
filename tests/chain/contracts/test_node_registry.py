"""NodeRegistry against a model: votes of operators, majorities of the moment, minimum, expiry, account rules."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contracts_sc import slots
from tests.chain.contracts.network import NOBODY, ZERO, Contract, Network, person, raw, word
from tests.support.scale import Scale

ADD_NODE, REMOVE_NODE, ADD_VALIDATOR, REMOVE_VALIDATOR, CHANGE_NODE = range(1, 6)
HOUR = 3600
UNIT = word("unit")


def node(number: int) -> str:
    return person(f"node {number}").address


def operator(number: int) -> Any:
    return person(f"operator {number}")


def entry(number: int, **changes: Any) -> tuple[Any, ...]:
    given = {"node": node(number), "department": UNIT, "operator": operator(number).address,
             "enode": f"enode://{number}@10.0.0.{number}:30303"} | changes
    return tuple(given.values())


def subject(number: int) -> tuple[Any, ...]:
    return node(number), ZERO, NOBODY, ""


def registry(network: Network, validators: int, minimum: int = 1) -> Contract:
    first = [(network.platform.address, UNIT, 3)]
    return network.proxied(
        "NodeRegistry", [entry(n) for n in range(validators)], first, minimum, HOUR
    )


def validators(contract: Contract) -> list[bytes]:
    return [raw(address) for address in contract.read("getValidators")[0]]


def test_validators_are_read_as_besu_reads_them(network: Network) -> None:
    nodes = registry(network, 4)
    # the selector that Besu's contract mode calls, and one dynamic array of addresses
    assert nodes.interface.call("getValidators").hex() == "b7ab4db5"
    assert validators(nodes) == [raw(node(n)) for n in range(4)]
    count, first = slots.validators()
    assert int.from_bytes(network.chain.storage(nodes.address, count), "big") == 4
    assert [network.chain.storage(nodes.address, first + n)[12:] for n in range(4)] == validators(nodes)


def test_a_majority_carries_and_one_more_vote_is_too_many(network: Network) -> None:
    nodes = registry(network, 4)
    done = nodes.did(operator(0), "propose", node(0), ADD_NODE, entry(7))
    assert nodes.interface.event("Proposed", done.logs[0])["kind"] == ADD_NODE
    assert nodes.refusal(operator(0), "vote", 1, node(0)).startswith("AlreadyVoted")
    assert nodes.refusal(operator(0), "vote", 1, node(1)).startswith("NotOperator")
    assert nodes.refusal(operator(7), "vote", 1, node(7)).startswith("NotValidator")
    assert nodes.refusal(operator(1), "propose", node(1), ADD_NODE, entry(7)) == "AlreadyProposed(1)"
    nodes.did(operator(1), "vote", 1, node(1))
    assert nodes.read("nodes")[0] == tuple(node(n) for n in range(4))
    nodes.did(operator(1), "withdrawVote", 1, node(1))
    assert nodes.refusal(operator(1), "withdrawVote", 1, node(1)).startswith("NoVote")
    nodes.did(operator(1), "vote", 1, node(1))
    assert nodes.read("proposalOf", 1)[1:] == (True, 2, 3)
    nodes.did(operator(2), "vote", 1, node(2))
    assert nodes.read("nodeOf", node(7))[0][0] == UNIT and nodes.read("hasVoted", 1, node(2)) == (True,)
    assert nodes.refusal(operator(3), "vote", 1, node(3)) == "NotOpen(1)"
    assert len(validators(nodes)) == 4


def test_an_observer_becomes_a_validator_and_leaves_again(network: Network) -> None:
    nodes = registry(network, 2)
    for number, (kind, change) in enumerate((
        (ADD_NODE, entry(7)), (ADD_VALIDATOR, subject(7)), (REMOVE_VALIDATOR, subject(0)), (REMOVE_NODE, subject(0)),
    ), 1):
        nodes.did(operator(1), "propose", node(1), kind, change)
        other = 0 if number < 3 else 7
        nodes.did(operator(other), "vote", number, node(other))
        if number == 2:
            assert validators(nodes) == [raw(node(0)), raw(node(1)), raw(node(7))]
    assert validators(nodes) == [raw(node(7)), raw(node(1))]
    assert {raw(address) for address in nodes.read("nodes")[0]} == {raw(node(1)), raw(node(7))}
    assert nodes.read("nodeOf", node(0))[0][1] == NOBODY


def test_what_nobody_could_carry_is_not_put_to_the_vote(network: Network) -> None:
    nodes = registry(network, 2, minimum=2)
    for kind, change, error in (
        (0, entry(1), "InvalidNode"), (ADD_NODE, entry(1), "KnownNode"),
        (ADD_NODE, entry(5, operator=NOBODY), "InvalidNode"), (ADD_NODE, entry(5, enode=""), "InvalidNode"),
        (ADD_NODE, entry(5, enode="e" * 301), "InvalidNode"), (ADD_NODE, entry(5, node=NOBODY), "InvalidNode"),
        (ADD_VALIDATOR, subject(5), "UnknownNode"), (ADD_VALIDATOR, subject(1), "AlreadyValidator"),
        (ADD_VALIDATOR, entry(5), "InvalidNode"), (REMOVE_NODE, subject(1), "StillValidator"),
        (REMOVE_VALIDATOR, subject(1), "TooFewValidators"), (CHANGE_NODE, subject(1), "InvalidNode"),
    ):
        assert nodes.refusal(operator(0), "propose", node(0), kind, change).startswith(error)
    assert nodes.refusal(operator(0), "propose", node(0), 6, subject(1)) == "0x"


def test_a_proposal_ends_with_its_time_and_can_be_made_again(network: Network) -> None:
    nodes = registry(network, 3)
    nodes.did(operator(0), "propose", node(0), REMOVE_VALIDATOR, subject(2))
    network.chain.advance(HOUR + 1)
    assert nodes.refusal(operator(1), "vote", 1, node(1)) == "NotOpen(1)"
    nodes.did(operator(1), "propose", node(1), REMOVE_VALIDATOR, subject(2))
    assert nodes.read("proposalOf", 2)[1:] == (True, 1, 2)
    nodes.did(operator(0), "vote", 2, node(0))
    assert validators(nodes) == [raw(node(0)), raw(node(1))]


def test_votes_of_validators_that_left_count_no_more(network: Network) -> None:
    nodes = registry(network, 5)
    nodes.did(operator(4), "propose", node(4), ADD_NODE, entry(9))
    nodes.did(operator(3), "vote", 1, node(3))
    for voter in (0, 1, 2):
        if voter == 0:
            nodes.did(operator(0), "propose", node(0), REMOVE_VALIDATOR, subject(4))
        else:
            nodes.did(operator(voter), "vote", 2, node(voter))
    # two of five had voted; one of them left: one of four, and three are needed
    assert nodes.read("proposalOf", 1)[1:] == (True, 1, 3)
    assert nodes.refusal(operator(4), "withdrawVote", 1, node(4)).startswith("NotValidator")


def test_a_node_that_moved_keeps_its_seat_and_its_new_operator_votes(network: Network) -> None:
    nodes = registry(network, 3)
    change = (node(2), word("unit 2"), operator(8).address, "enode://elsewhere")
    nodes.did(operator(0), "propose", node(0), CHANGE_NODE, change)
    nodes.did(operator(1), "vote", 1, node(1))
    assert nodes.refusal(operator(2), "propose", node(2), ADD_NODE, entry(6)).startswith("NotOperator")
    nodes.did(operator(8), "propose", node(2), ADD_NODE, entry(6))
    found = nodes.read("nodeOf", node(2))[0]
    assert (found[0], raw(found[1]), found[5]) == (word("unit 2"), raw(operator(8).address), "enode://elsewhere")
    assert validators(nodes) == [raw(node(n)) for n in range(3)]


def test_settings_are_the_persons_and_keep_the_network_alive(network: Network) -> None:
    nodes = registry(network, 3)
    approvals = network.approvals.address
    assert nodes.refusal(operator(0), "configure", 2, HOUR).startswith("AccessControl")
    for minimum, period in ((0, HOUR), (4, HOUR), (2, HOUR - 1), (2, 90 * 86400 + 1)):
        assert nodes.refusal(approvals, "configure", minimum, period).startswith("InvalidSetting")
    network.approve(nodes, "configure", 3, 2 * HOUR)
    assert nodes.read("configuration") == (3, 2 * HOUR)
    assert nodes.refusal(operator(0), "propose", node(0), REMOVE_VALIDATOR, subject(1)) == "TooFewValidators(3)"


def machine(network: Network) -> type[RuleBasedStateMachine]:
    class Votes(RuleBasedStateMachine):
        """Five nodes, the first three validators, the next an observer, minimum two; every rule is one transaction."""

        carried: set[int] = set()  # kinds, over all runs: a model in which nothing is ever carried proves little

        def __init__(self) -> None:
            super().__init__()
            self.contract = registry(network, 3, minimum=2)
            self.known, self.seats = {0, 1, 2, 3}, [0, 1, 2]
            self.contract.did(operator(0), "propose", node(0), ADD_NODE, entry(3))
            self.contract.did(operator(1), "vote", 1, node(1))
            # kind, node, open until, votes, carried
            self.proposals: list[list[Any]] = [[ADD_NODE, 3, 0, {0, 1}, True]]

        def _votes(self, proposal: list[Any]) -> int:
            return len(proposal[3] & set(self.seats))

        def _settle(self, proposal: list[Any]) -> bool:
            """Carry out what has a majority; False: the contract must refuse the vote that made it."""
            if self._votes(proposal) <= len(self.seats) // 2:
                return True
            kind, about = proposal[:2]
            if not self._possible(kind, about):
                return False
            proposal[4] = True
            self.carried.add(kind)
            if kind == ADD_NODE:
                self.known.add(about)
            elif kind == REMOVE_NODE:
                self.known.discard(about)
            elif kind == ADD_VALIDATOR:
                self.seats.append(about)
            else:
                self.seats[self.seats.index(about)] = self.seats[-1]
                self.seats.pop()
            return True

        def _possible(self, kind: int, about: int) -> bool:
            return {
                ADD_NODE: about not in self.known,
                REMOVE_NODE: about in self.known and about not in self.seats,
                ADD_VALIDATOR: about in self.known and about not in self.seats,
                REMOVE_VALIDATOR: about in self.seats and len(self.seats) > 2,
            }[kind]

        def _voter(self, seat: int) -> int:
            """Mostly a validator, sometimes not."""
            outside = [number for number in range(5) if number not in self.seats]
            return outside[0] if seat == 5 and outside else self.seats[seat % len(self.seats)]

        @rule(
            seat=st.integers(0, 5), kind=st.sampled_from(range(1, 5)), about=st.integers(0, 4), any_node=st.booleans()
        )
        def propose(self, seat: int, kind: int, about: int, any_node: bool) -> None:
            voter = self._voter(seat)
            possible = [number for number in range(5) if self._possible(kind, number)]
            if possible and not any_node:
                about = possible[about % len(possible)]
            now = network.now
            good = voter in self.seats and self._possible(kind, about) and not any(
                item[:2] == [kind, about] and not item[4] and now <= item[2] for item in self.proposals
            )
            change = entry(about) if kind == ADD_NODE else subject(about)
            proposal = [kind, about, now + HOUR, {voter}, False]
            sent = self.contract.send(operator(voter), "propose", node(voter), kind, change)
            if good:
                self.proposals.append(proposal)
                assert self._settle(proposal)
            assert sent.succeeded == good

        @rule(seat=st.integers(0, 5), which=st.integers(0, 2), back=st.sampled_from([False, False, False, True]))
        def vote(self, seat: int, which: int, back: bool) -> None:
            self._cast(self._voter(seat), max(0, len(self.proposals) - 1 - which), back)

        @rule(which=st.integers(0, 2))
        def agree(self, which: int) -> None:
            """All validators of the moment vote, one after the other."""
            number = len(self.proposals) - 1 - which
            for voter in list(self.seats) if number >= 0 else []:
                if voter not in self.proposals[number][3]:
                    self._cast(voter, number, False)

        def _cast(self, voter: int, number: int, back: bool) -> None:
            proposal = self.proposals[number]
            good = voter in self.seats and not proposal[4] and network.now <= proposal[2]
            good = good and (voter in proposal[3]) == back
            if good and back:
                proposal[3].discard(voter)
            elif good:
                proposal[3].add(voter)
                good = self._settle(proposal)
                if not good:
                    proposal[3].discard(voter)
            function = "withdrawVote" if back else "vote"
            assert self.contract.send(operator(voter), function, number + 1, node(voter)).succeeded == good

        @rule(seconds=st.sampled_from([1, 60, 600, HOUR]))
        def wait(self, seconds: int) -> None:
            network.chain.advance(seconds)

        @invariant()
        def the_contract_holds_what_the_model_holds(self) -> None:
            assert validators(self.contract) == [raw(node(number)) for number in self.seats]
            assert len(self.seats) >= 2
            assert {raw(address) for address in self.contract.read("nodes")[0]} == {raw(node(n)) for n in self.known}
            assert self.contract.read("proposalOf", len(self.proposals))[2:] == (
                self._votes(self.proposals[-1]), len(self.seats) // 2 + 1
            )

    return Votes


def test_votes_follow_the_model(network: Network, scale: Scale) -> None:
    votes = machine(network)
    run_state_machine_as_test(votes, settings=settings(
        max_examples=scale.of(2, 200), stateful_step_count=scale.of(15, 25), deadline=None, derandomize=True
    ))
    assert not scale.full or votes.carried >= {ADD_NODE, REMOVE_NODE, REMOVE_VALIDATOR}


def accounts_machine(network: Network) -> type[RuleBasedStateMachine]:
    class Accounts(RuleBasedStateMachine):
        """Four accounts; rules set by the keeper of accounts or by the persons."""

        def __init__(self) -> None:
            super().__init__()
            self.contract = registry(network, 1)
            network.grant(self.contract, word("accounts"), person("keeper"))
            self.rules = {network.platform.address: 3}
            self.turn = 0

        @rule(
            admin=st.booleans(),
            changes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=4),
        )
        def change(self, admin: bool, changes: list[tuple[int, int]]) -> None:
            addresses = [network.platform.address, *(person(f"account {n}").address for n in range(3))]
            wanted, good = dict(self.rules), True
            for which, flags in changes:
                address = addresses[which]
                good = good and flags in (0, 1, 3) and (admin or flags != 3 or wanted.get(address) == 3)
                wanted.pop(address, None)
                if flags:
                    wanted[address] = flags
            good = good and bool(wanted)
            arguments = [(addresses[which], UNIT, flags) for which, flags in changes]
            if admin:
                operation = network.operation((self.contract, "setAccounts", (arguments,)))
                sent = network.approvals.send(
                    network.platform, "execute", operation.arguments, network.signatures(operation)
                )
            else:
                sent = self.contract.send(person("keeper"), "setAccounts", arguments)
            assert sent.succeeded == good
            if good:
                self.rules = wanted

        @invariant()
        def lists_and_slots_agree_with_the_model(self) -> None:
            listed = self.contract.read("accounts", 0, 9)[0]
            rules = slots.variable("NodeRegistry", "_rules")
            assert len(listed) == len(self.rules) == self.contract.read("accountCount")[0]
            assert {raw(address) for address in listed} == {raw(address) for address in self.rules}
            for address in [network.platform.address, *(person(f"account {n}").address for n in range(3))]:
                flags = self.rules.get(address, 0)
                stored = network.chain.storage(self.contract.address, slots.account_rule(raw(address), rules))
                assert slots.rule_flags(stored) == flags
            # one account a step, in turn
            self.turn = (self.turn + 1) % 4
            address = [network.platform.address, *(person(f"account {n}").address for n in range(3))][self.turn]
            flags = self.rules.get(address, 0)
            assert self.contract.read("maySend", address) == (bool(flags & slots.MAY_SEND),)
            assert self.contract.read("mayDeploy", address) == (bool(flags & slots.MAY_DEPLOY),)

    return Accounts


def test_account_rules_follow_the_model(network: Network, scale: Scale) -> None:
    run_state_machine_as_test(accounts_machine(network), settings=settings(
        max_examples=scale.of(1, 150), stateful_step_count=scale.of(8, 12), deadline=None, derandomize=True
    ))


def test_account_lists_are_read_by_pages_and_never_become_empty(network: Network, scale: Scale) -> None:
    nodes = registry(network, 1)
    network.grant(nodes, word("accounts"), person("keeper"))
    many = [(f"0x{n:040x}", UNIT, 1) for n in range(1, scale.of(21, 201))]
    nodes.did(person("keeper"), "setAccounts", many)
    pages = [address for start in range(0, 240, 15) for address in nodes.read("accounts", start, 15)[0]]
    assert pages == [network.platform.address, *(address for address, _, _ in many)]
    assert nodes.refusal(person("keeper"), "setAccounts", [many[0]] * 201) == "AccountChanges(201)"
    assert nodes.refusal(person("keeper"), "setAccounts", []) == "AccountChanges(0)"
    nodes.did(person("keeper"), "setAccounts", [(address, UNIT, 0) for address, _, _ in many])
    last = [(network.platform.address, UNIT, 0)]
    assert nodes.refusal(person("keeper"), "setAccounts", last).startswith("LastAccount")
    assert nodes.refusal(person("keeper"), "setAccounts", [(NOBODY, UNIT, 1)]).startswith("InvalidAccountChange")


@pytest.mark.parametrize(("validators_", "minimum", "period"), [(0, 1, HOUR), (2, 3, HOUR), (1, 1, 1)])
def test_a_network_without_validators_is_not_born(
    network: Network, validators_: int, minimum: int, period: int
) -> None:
    with pytest.raises(AssertionError):
        network.proxied("NodeRegistry", [entry(n) for n in range(validators_)], [], minimum, period)
