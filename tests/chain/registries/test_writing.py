"""Registries on a real chain: from their causes to what the chain says, exactly once, wherever the process ends."""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.events import EntryPublished, PublishedVersion
from catalog.onchain import on_published as entry_published
from chain.contracts.models import ContractCall
from chain.registries import service
from chain.registries.rotations import on_rotation_finished
from chain.registries.rules import commitment, id_word
from chain.registries.service import Draft
from crypto.rotation.events import RotationFinished
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.identity.models import Department
from tests.chain.contracts.test_deployment import Killed
from tests.chain.registries.conftest import Registries
from tests.support.scale import Scale


def department(office: Registries) -> uuid.UUID:
    made = ids.new()
    office.runtime.database.run(lambda session: session.add(Department(
        id=made, code=made.hex[-12:], name=made.hex[-12:], kind="bureau", aliases=[], valid_from=clock.now(),
    )))
    return made


def rotated(office: Registries, unit: uuid.UUID, key: int, scope: str = "t.c") -> dict[str, Any]:
    certificate = {"rotation": key, "rows": 3}
    event = RotationFinished(ids.new(), unit, scope, key - 1, key, 3, certificate)
    office.runtime.database.run(lambda session: on_rotation_finished(session, event))
    return certificate


def said(office: Registries, contract: str, method: str, *arguments: Any) -> Any:
    return office.read(contract, method, *arguments, environment="production")


def test_rotations_one_after_the_other(office: Registries) -> None:
    unit = department(office)
    rotated(office, unit, 2)
    assert office.records() == [], "not deployed, not written"
    office.live("KeyRotationLog")
    certificates = [rotated(office, unit, key) for key in (3, 4)]
    rotated(office, unit, 3)  # the same cause again
    assert len(office.records()) == 2 and office.flush().final == 2
    subject = "0x" + office.records()[0].subject
    head = said(office, "KeyRotationLog", "headOf", subject)[0]
    assert head[:2] == ["2", "4"] and head[3] == "0x" + id_word(unit)
    assert said(office, "KeyRotationLog", "recordOf", subject, 1)[0][0] == "0x" + commitment(certificates[0])
    assert office.flush().final == 0
    rotated(office, unit, 2)
    office.flush()
    assert [(one.state, one.problem) for one in office.records()][-1] == ("skipped", "链上已是版本 4")


def test_killed_at_every_call_each_record_is_written_once(office: Registries, watched: Any, scale: Scale) -> None:
    unit = department(office)
    office.live("KeyRotationLog")
    scopes = ("a", "b")[: scale.of(1, 2)]
    for scope, after in zip(scopes, (True, False), strict=False):
        rotated(office, unit, 2, scope)
        watched.after, step = after, 0
        while any(one.state == "waiting" for one in office.records()):
            step += 1
            watched.calls.clear()
            watched.kill_at = step
            try:
                office.flush()
            except Killed:
                continue
            step = 0
        watched.kill_at = None
    for one in office.records():
        assert said(office, "KeyRotationLog", "headOf", "0x" + one.subject)[0][0] == "1"
    with office.runtime.database.read() as session:
        sealed = session.scalar(select(func.count()).where(
            ContractCall.name == "KeyRotationLog", ContractCall.state == "sealed"
        ))
    assert sealed == len(scopes)


def published(office: Registries, node: uuid.UUID, unit: uuid.UUID, version: int, action: str = "publish") -> None:
    one = PublishedVersion("data_entry", node, "c", unit, version, f"{version:064x}", action)
    office.runtime.database.run(lambda session: entry_published(session, EntryPublished((one,), ids.new())))


def test_entries_wait_for_their_departments_roles_and_change_hands(office: Registries) -> None:
    first, second, nodes = department(office), department(office), [ids.new() for _ in range(3)]
    office.live("CatalogRegistry")
    for node in nodes:
        published(office, node, first, 1)
    done = office.flush()
    assert done.final == 0 and "签名" in done.waiting["CatalogRegistry"]
    office.give_roles("CatalogRegistry")
    assert office.flush().final == 3
    calls = [one.call_id for one in office.records()]
    assert len(set(calls)) == 1, "one batch"
    published(office, nodes[0], second, 2, "transfer")
    published(office, nodes[0], second, 3, "withdraw")
    assert office.flush().final == 0
    office.give_roles("CatalogRegistry")
    assert office.flush().final == 2
    entry = said(office, "CatalogRegistry", "entryOf", "0x" + id_word(nodes[0]))[0]
    assert entry[0] == "0x" + id_word(second) and entry[3] == "2"
    last = office.records()[-1]
    assert entry[1] == "0x" + last.goal["digest"] == "0x" + commitment(last.goal["said"])


def test_interfaces_and_use(office: Registries) -> None:
    unit, name = department(office), ids.new()
    office.live("InterfaceRegistry")
    office.live("DataUsageLog")
    goals: list[dict[str, Any]] = [
        {"department": id_word(unit), "digest": "11" * 32}, {"status": 2},
        {"department": id_word(unit), "digest": "22" * 32}, {"status": 2}, {"status": 4},
    ]
    drafts = [Draft(id_word(name), at, goal, "gateway_interface", str(name), unit) for at, goal in enumerate(goals)]
    use = {"period": 5, "root": "33" * 32, "usage": [7, 1, 0, 99]}
    gateway = b"gw-1".ljust(32, b"\0").hex()
    office.runtime.database.run(lambda session: (
        service.note(session, "InterfaceRegistry", drafts),
        service.note(session, "DataUsageLog", [Draft(gateway, 5, use, "gateway_usage", "gw-1 5")]),
    ))
    assert office.flush().final == 1
    office.give_roles("InterfaceRegistry")
    assert office.flush().final == 5
    found = said(office, "InterfaceRegistry", "interfaceOf", "0x" + id_word(name))[0]
    assert (found[1], found[2], found[3]) == ("0x" + "22" * 32, "4", "4")
    assert said(office, "DataUsageLog", "headOf", "0x" + gateway)[0][3] == ["7", "1", "0", "99"]


def test_releases_in_test_by_the_platform_and_in_production_by_persons(office: Registries) -> None:
    office.live("ReleaseRegistry")
    version = office.counter()
    office.deploy(version)
    assert office.flush().final == 1
    office.deploy(version, "production")
    office.flush()
    assert office.records()[-1].problem == "等待成员签名"
    row = office.operation()
    office.sign(row, 1, 2)
    assert office.execute(row) == "executed" and office.flush().final == 1
    word, name = "0x" + b"production".ljust(32, b"\0").hex(), "0x" + b"Counter".ljust(32, b"\0").hex()
    current = said(office, "ReleaseRegistry", "currentOf", word, name)
    assert current[0] == "1" and current[1][2] == "0x" + str(version.digest).rsplit(":", 1)[1]


def test_switching(office: Registries) -> None:
    with pytest.raises(MulianError, match="contract.unknown"):
        office.runtime.database.run(
            lambda session: service.switch(session, office.maker, contract="DataUsageLog", on=True)
        )
    with pytest.raises(MulianError, match="registry.unknown"):
        office.runtime.database.run(lambda session: service.switch(session, office.maker, contract="X", on=False))
