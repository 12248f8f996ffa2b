"""Important and core data leave by no interface without a listed release."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from catalog.events import EntryPublished, PublishedVersion
from catalog.nodes.models import DataEntry, DataItem
from catalog.permissions import RELEASE, RELEASE_APPROVE
from catalog.public import release
from catalog.public.models import Release
from gateway.interfaces.models import Interface
from gateway.snapshot import queries as snapshots
from gateway.snapshot.releases import expire
from gateway.snapshot.service import PRODUCTION
from kernel import canonical, clock, events
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from kernel.identity.models import User
from kernel.runtime import Runtime
from tests.gateway.support import District, field, http_definition

FIELDS = [field("name", "姓名", sensitive=True, mask="name")]


def released(runtime: Runtime, entry_id: uuid.UUID, purpose: str) -> None:
    """Two persons of the bureau let an entry out."""
    both = frozenset((RELEASE, RELEASE_APPROVE))
    people = [Actor(uuid.uuid4(), name, permissions=both, scope="all") for name in "甲乙"]

    def unit(session: Any) -> None:
        session.add_all(User(
            id=one.user_id, username=str(one.user_id), display_name=one.name, password_hash="x", password_history=[],
            password_changed_at=clock.now(), created_at=clock.now(),
        ) for one in people)
        session.flush()
        made = release.request(
            session, people[0], entry_id=entry_id, purpose=purpose, receiver="区教委", basis="数据安全法",
            valid_until=clock.now() + timedelta(days=9),
        )
        approvals.decide(session, people[1], made.id, approve=True)

    runtime.database.run(unit)


@pytest.mark.parametrize("model", [DataEntry, DataItem])
def test_publishing_needs_a_release_for_this_purpose(runtime: Runtime, model: Any) -> None:
    district = District(runtime)
    runtime.database.run(lambda s: s.execute(update(model).values(level=5)))

    def publish(code: str) -> Interface:
        return district.publish(code, f"/xc/{code}", http_definition("http://10.1.1.1/x", FIELDS))

    with pytest.raises(MulianError) as caught:
        publish("one")
    assert caught.value.code == "gateway.interface.entry_level" and caught.value.fix("zh")
    released(runtime, district.entry_id, "export")
    with pytest.raises(MulianError):
        publish("two")
    released(runtime, district.entry_id, "interface")
    assert publish("three").state == "published"


def served(runtime: Runtime) -> tuple[int, list[str]]:
    """The number of the snapshot and the state of each interface in it."""
    with runtime.database.read() as session:
        number = snapshots.head_number(session, PRODUCTION)
        row = snapshots.load(session, PRODUCTION, number)
        assert row is not None
        return number, [one["state"] for one in canonical.loads(row.body.encode())["interfaces"]]


def test_a_published_interface_follows_the_level_of_its_entry(runtime: Runtime) -> None:
    district = District(runtime)
    district.publish("one", "/xc/one", http_definition("http://10.1.1.1/x", FIELDS))
    assert served(runtime) == (1, ["published"])

    def republished(level: int) -> None:
        def unit(session: Any) -> None:
            session.execute(update(DataEntry).values(level=level))
            version = PublishedVersion(
                "data_entry", district.entry_id, "c", district.provider, 2, "00", "change"
            )
            events.publish(session, EntryPublished((version,), uuid.uuid4()))

        runtime.database.run(unit)

    republished(5)
    assert served(runtime) == (2, ["retired"]), "it answers 410 until a release is listed"
    assert runtime.database.run(expire) is False
    released(runtime, district.entry_id, "interface")
    assert served(runtime) == (3, ["published"])
    runtime.database.run(lambda s: s.execute(update(Release).values(valid_until=clock.now() - timedelta(seconds=1))))
    assert runtime.database.run(expire) is True
    assert served(runtime) == (4, ["retired"])
    republished(2)
    assert served(runtime) == (5, ["published"])
