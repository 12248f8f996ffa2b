"""The whole workflow against a model: random persons do random things to a few entries, on SQLite.

The model knows nothing of the tables: it holds what each step must have done or why it must have been refused, and
after every step it is compared with what is stored.
"""

import os
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from catalog import permissions as p
from catalog.entries import online
from catalog.entries import service as entries
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS, LIVE
from catalog.nodes.models import DataEntry
from catalog.public import tombstones
from catalog.review import changes, queries, reasons, stages
from catalog.review import service as review
from catalog.review.reasons import Reason
from crypto.servicekeys import service as servicekeys
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.identity.actor import Actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run
from tests.catalog.conftest import make_town, person

PASS, REFUSE = review.Secrecy("pass", "不涉密"), review.Secrecy("refuse", "涉及敏感信息")
NAMES = ("officer", "officer2", "reviewer", "reviewer2", "bureau", "bureau2")
PROOF = os.environ.get("MULIAN_TEST_SIZE", "test") == "prove"


@dataclass
class Model:
    """What an entry must be like."""

    status: str = "draft"
    version: int = 0
    online: bool = False
    office: str | None = None
    proposed: str | None = None
    count: int | None = None
    makers: set[str] = field(default_factory=set)
    submitter: str = ""
    stages: tuple[str, ...] = ()
    deciders: list[str] = field(default_factory=list)
    opened: bool = False
    secrecy: tuple[str, str] | None = None
    waiting: int = 0
    withdrawn: bool = False


def fresh(folder: Path) -> Database:
    """A migrated SQLite home."""
    wiring.load_registrations()
    home = Home(folder / "home")
    home.prepare()
    database = Database.sqlite(home.database_file)
    run.upgrade(database)
    Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    return database


class Workflow(RuleBasedStateMachine):
    """Steps are tried by anybody at any time; the model says what must come of it."""

    folder: ClassVar[tempfile.TemporaryDirectory[str] | None] = None
    database: ClassVar[Database]
    people: ClassVar[dict[str, Actor]]
    department: ClassVar[uuid.UUID]

    def __init__(self) -> None:
        super().__init__()
        if Workflow.folder is None:
            Workflow.folder = tempfile.TemporaryDirectory()
            Workflow.database = fresh(Path(Workflow.folder.name))
            town = make_town(Workflow.database)
            Workflow.department = town.civil
            # everybody may do everything: only the rules keep makers and checkers apart
            rights = (p.READ, p.EDIT, p.SUBMIT, p.REVIEW, p.SECRECY)
            Workflow.people = {
                name: person(name, town.civil, *rights) for name in NAMES if "bureau" not in name
            } | {"bureau": town.bureau, "bureau2": town.bureau_too}
        self.rule_stages: tuple[str, ...] = ("either",)
        self.ids: list[uuid.UUID] = []
        self.models: list[Model] = []

    @initialize(sequence=st.sampled_from([("either",), ("department", "bureau"), ("department",), ("bureau",)]))
    def begin(self, sequence: tuple[str, ...]) -> None:
        def configure(s: Any) -> None:
            held = stages.Rules(s).of(self.department).version
            stages.configure(
                s, self.people["bureau"], department_id=self.department, stages=sequence, due_workdays=5,
                separate_secrecy=False, version=held,
            )

        self.database.run(configure)
        self.rule_stages = sequence
        for _ in range(2):
            made = self.database.run(lambda s: entries.create(
                s, self.people["officer"], {"name": "样例", "share_type": "unconditional", "open_type": "none"},
                department_id=self.department, items=[{"name": "姓名"}],
            ).id)
            self.ids.append(made)
            self.models.append(Model(makers={"officer"}))

    def attempt(self, work: Any) -> str | None:
        """The error code of a unit of work, None where it was done."""
        try:
            self.database.run(work)
        except MulianError as error:
            return error.code
        return None

    def node(self, s: Any, at: int) -> Any:
        return s.get_one(DataEntry, self.ids[at])

    @rule(at=st.integers(0, 1), who=st.sampled_from(NAMES), office=st.sampled_from(["一科", "二科", "三科"]))
    def edit(self, at: int, who: str, office: str) -> None:
        model = self.models[at]
        got = self.attempt(lambda s: node_service.edit(
            s, self.people[who], "data_entry", self.node(s, at), {"office": office}
        ))
        if model.status in ("draft", "pub_rejected"):
            assert got is None
            model.office = office
        elif model.status in ("published", "change_draft", "change_rejected", "withdraw_rejected"):
            assert got is None
            model.status, model.proposed = "change_draft", office
        else:
            assert got == "catalog.node.state"
            return
        model.makers.add(who)
        model.secrecy = None

    @rule(at=st.integers(0, 1), who=st.sampled_from(NAMES), count=st.integers(0, 9))
    def refresh(self, at: int, who: str, count: int) -> None:
        """An ungoverned field: at once on what is published, also during its review."""
        model = self.models[at]
        got = self.attempt(lambda s: node_service.edit(
            s, self.people[who], "data_entry", self.node(s, at), {"record_count": count}
        ))
        if model.status in LIVE:
            assert got is None
        elif model.status in ("draft", "pub_rejected"):
            assert got is None
            model.makers.add(who)
            model.secrecy = None
        else:
            assert got == "catalog.node.state"
            return
        model.count = count

    @rule(at=st.integers(0, 1), who=st.sampled_from(["officer", "officer2", "bureau"]), withdraw=st.booleans())
    def submit(self, at: int, who: str, withdraw: bool) -> None:
        model, action = self.models[at], "withdraw" if withdraw else "submit"
        got = self.attempt(lambda s: review.submit(
            s, self.people[who], "data_entry", [self.ids[at]], action=action, note="归并"
        ))
        after = {
            ("draft", "submit"): "pub_review", ("pub_rejected", "submit"): "pub_review",
            ("change_draft", "submit"): "change_review", ("change_rejected", "submit"): "change_review",
            ("published", "withdraw"): "withdraw_review", ("withdraw_rejected", "withdraw"): "withdraw_review",
        }.get((model.status, action))
        if after is None:
            assert got == "catalog.node.state"
            return
        assert got is None
        model.status, model.submitter, model.stages, model.deciders = after, who, self.rule_stages, []
        model.opened = False
        if not withdraw:
            model.waiting = 0

    @rule(at=st.integers(0, 1), who=st.sampled_from(["officer", "officer2", "bureau"]))
    def recall(self, at: int, who: str) -> None:
        model = self.models[at]
        case = self.case(at)
        if case is None:
            return
        got = self.attempt(lambda s: review.recall(s, self.people[who], case))
        if who != model.submitter:
            assert got == "catalog.review.not_submitter"
        elif model.opened:
            assert got == "catalog.review.already_opened"
        else:
            assert got is None
            model.status = {
                "pub_review": "draft", "change_review": "change_draft", "withdraw_review": "published",
            }[model.status]
            model.waiting = len(self.open_reasons(at))

    @rule(at=st.integers(0, 1), who=st.sampled_from(["reviewer", "reviewer2", "bureau", "bureau2"]))
    def open(self, at: int, who: str) -> None:
        case, model = self.case(at), self.models[at]
        if case is not None and self.attempt(lambda s: review.open_for_review(s, self.people[who], case)) is None:
            model.opened = model.opened or (who != model.submitter and self.in_charge(model, who))

    def in_charge(self, model: Model, who: str) -> bool:
        stage, bureau = model.stages[len(model.deciders)], who.startswith("bureau")
        return stage == "either" or (stage == "bureau") == bureau

    @rule(
        at=st.integers(0, 1), who=st.sampled_from(NAMES), approve=st.booleans(),
        secrecy=st.sampled_from([None, PASS, PASS, REFUSE]),
    )
    def decide(self, at: int, who: str, approve: bool, secrecy: review.Secrecy | None) -> None:
        model, case = self.models[at], self.case(at)
        if case is None:
            return
        said = {"secrecy": secrecy} if approve else {"reasons": [Reason("补充", "office"), Reason("整体")]}
        got = self.attempt(lambda s: review.decide_cases(
            s, self.people[who], queries.cases(s, self.people[who], [case]), "approve" if approve else "return",
            **said,  # type: ignore[arg-type]
        ))
        expected = self.refusal(model, who, approve, secrecy)
        assert got == expected, (got, expected, model)
        if got is None:
            self.decided(model, who, approve, secrecy)

    def refusal(self, model: Model, who: str, approve: bool, secrecy: review.Secrecy | None) -> str | None:
        if who == model.submitter or who in model.makers:
            return "catalog.review.same_person"
        if who in model.deciders:
            return "catalog.review.same_reviewer"
        if not self.in_charge(model, who):
            return "catalog.review.wrong_stage"
        last = len(model.deciders) + 1 == len(model.stages)
        if approve and last and model.status != "withdraw_review":
            said = (secrecy.conclusion, who) if secrecy else model.secrecy
            if said is None:
                return "catalog.review.secrecy_missing"
            if said[0] == "refuse":
                return "catalog.review.secrecy_refused"
        return None

    def decided(self, model: Model, who: str, approve: bool, secrecy: review.Secrecy | None) -> None:
        model.deciders.append(who)
        model.opened = True
        if secrecy is not None and approve and model.status != "withdraw_review":
            model.secrecy = (secrecy.conclusion, who)
        if not approve:
            model.status = model.status.replace("review", "rejected")
            model.waiting += 2
        elif len(model.deciders) == len(model.stages):
            gone, first = model.status == "withdraw_review", model.status == "pub_review"
            model.version += 1
            model.online = not gone and (first or model.online)
            model.office = model.proposed or model.office
            model.status, model.withdrawn = "withdrawn" if gone else "published", gone
            model.proposed, model.makers, model.secrecy = None, set(), None

    @rule(at=st.integers(0, 1))
    def discard(self, at: int) -> None:
        model = self.models[at]
        got = self.attempt(lambda s: changes.discard(
            s, self.people["officer"], KINDS["data_entry"], self.node(s, at)
        ))
        if model.status in ("change_draft", "change_rejected"):
            assert got is None
            model.status, model.proposed, model.makers = "published", None, set()
        else:
            assert got == "catalog.node.state"

    @rule(at=st.integers(0, 1), steps=st.integers(1, 4))
    def by_the_book(self, at: int, steps: int) -> None:
        """A few right steps on end, so that walks get far: submit, then each stage by whoever may."""
        for _ in range(steps):
            model = self.models[at]
            if not model.status.endswith("_review"):
                self.submit(at, "officer2", model.status in ("published", "withdraw_rejected"))
                continue
            able = [one for one in NAMES[2:] if self.refusal(model, one, True, PASS) is None]
            # whoever made it or decided before him tries first, and must be refused with the reason of the model
            for one in sorted({model.submitter, *model.makers, *model.deciders} - set(able))[:3]:
                self.decide(at, one, True, PASS)
            if able:
                self.decide(at, able[-1], True, PASS)

    @precondition(lambda self: any(one.version for one in self.models))
    @rule(at=st.integers(0, 1), on=st.booleans())
    def switch(self, at: int, on: bool) -> None:
        model = self.models[at]
        got = self.attempt(lambda s: online.switch(s, self.people["bureau"], self.node(s, at), online=on, reason="核对"))
        if model.status not in LIVE or model.online == on:
            assert got == "catalog.entry.online_state"
        else:
            assert got is None
            model.online = on

    def case(self, at: int) -> uuid.UUID | None:
        with self.database.read() as session:
            found = queries.open_case(session, self.ids[at])
        assert (found is not None) == self.models[at].status.endswith("_review")
        return found.id if found else None

    def open_reasons(self, at: int) -> list[Any]:
        with self.database.read() as session:
            return reasons.open_of(session, [self.ids[at]]).get(self.ids[at], [])

    @invariant()
    def what_is_stored_is_the_model(self) -> None:
        with self.database.read() as session:
            for at, model in enumerate(self.models):
                held = self.node(session, at)
                assert (held.status, held.version, held.online, held.office, held.record_count) == (
                    model.status, model.version, model.online, model.office, model.count
                ), model
                assert (nodes.change(session, held.id) is not None) == (model.proposed is not None)
                assert len(nodes.versions(session, "data_entry", held.id)) == model.version
                assert (tombstones.of_node(session, held.id) is not None) == model.withdrawn
                waiting = reasons.open_of(session, [held.id]).get(held.id, [])
                if not model.status.startswith("withdraw"):
                    assert len(waiting) == model.waiting, model

    def teardown(self) -> None:
        """Every chain of versions holds, whatever happened."""
        with self.database.read() as session:
            assert nodes.verify_chains(session)[1] == []


Workflow.TestCase.settings = settings(
    max_examples=200 if PROOF else 8, stateful_step_count=50 if PROOF else 20, deadline=None, derandomize=not PROOF,
    # a failing walk is short enough to read, and shrinking it takes minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestWorkflow = Workflow.TestCase
