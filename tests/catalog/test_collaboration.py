"""Comments, subscriptions, favourites and usage: who sees and is told what, once."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from catalog.comments import queries as comment_queries
from catalog.comments import service as comments
from catalog.entries import online
from catalog.entries import service as entries
from catalog.favourites import service as favourites
from catalog.nodes.models import DataEntry
from catalog.search.models import SavedSearch
from catalog.subscriptions import messages
from catalog.subscriptions import service as subscriptions
from catalog.usage import buffer, port, queries
from catalog.usage import service as usage
from catalog.usage.models import UsageDay
from kernel import clock, ids
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity import registry
from kernel.identity import service as identity
from kernel.identity.actor import Actor, system_actor
from kernel.identity.roles import seed_roles
from kernel.identity.sessions import actor_of_user
from kernel.notices.models import Notice
from kernel.outbox.models import OutboxMessage
from tests.catalog.conftest import Town
from tests.catalog.test_workflow import PASS, decide, submit


class People:
    """Users with roles, as actors; two of them bear one name."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town = database, town
        root = system_actor("test")
        with database.write() as session:
            seed_roles(session, root, dict(registry.grants()))
        self.zhang = self.make("zhang", "张三", town.civil, "data_officer")
        self.li = self.make("li", "李四", town.health, "consumer_contact")
        self.wang = self.make("wang", "王五", town.civil, "consumer_contact")
        self.wang_too = self.make("wang2", "王五", town.health, "consumer_contact")
        self.make("blind", "赵六", town.civil, "system_admin")

    def make(self, username: str, name: str, department_id: uuid.UUID, role: str) -> Actor:
        with self.database.write() as session:
            made = identity.create_user(
                session, system_actor("test"), username=username, display_name=name, department_id=department_id,
                role_keys=[role],
            )
            return actor_of_user(session, made[0] if isinstance(made, tuple) else made)

    def told(self, actor: Actor) -> list[str]:
        with self.database.read() as session:
            query = select(Notice.title_zh).where(Notice.audience == str(actor.user_id)).order_by(Notice.created_at)
            return list(session.scalars(query))


@pytest.fixture
def people(database: Database, town: Town) -> People:
    return People(database, town)


def draft(database: Database, town: Town, **values: Any) -> uuid.UUID:
    fields = {"name": "婚姻登记信息", "share_type": "unconditional", "open_type": "unconditional", **values}
    with database.write() as session:
        return entries.create(session, town.officer, fields, department_id=town.civil).id


def published(database: Database, town: Town, **values: Any) -> uuid.UUID:
    entry_id = draft(database, town, **values)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    return entry_id


def refused(code: str, database: Database, work: Any) -> None:
    with pytest.raises(MulianError) as caught, database.write() as session:
        work(session)
    assert caught.value.code == code


def say(database: Database, actor: Actor, node_id: uuid.UUID, body: str, parent: uuid.UUID | None = None) -> uuid.UUID:
    with database.write() as session:
        return comments.write(
            session, actor, kind_key="data_entry", node_id=node_id, body=body, parent_id=parent
        ).id


def test_a_thread_tells_whom_it_concerns(database: Database, town: Town, people: People) -> None:
    entry_id = published(database, town)
    first = say(database, people.li, entry_id, "@张三请核实更新周期，发到 a@王五.cn 也行")
    assert people.told(people.zhang) == ["李四在评论中提到了您：数据目录「婚姻登记信息」"]
    assert people.told(people.wang) == [], "an address names nobody"
    reply = say(database, people.zhang, entry_id, "已核实 @李四", first)
    assert people.told(people.li) == ["张三在评论中提到了您：数据目录「婚姻登记信息」"], "named and answered: one notice"
    say(database, people.wang, entry_id, "收到", reply)
    assert people.told(people.zhang)[1:] == ["王五回复了您的评论：数据目录「婚姻登记信息」"]
    with database.read() as session:
        roots, replies, total = comment_queries.threads(session, entry_id, limit=10, offset=0)
        assert total == 1 and [row.id for row in roots] == [first]
        assert [row.body for row in replies[first]] == ["已核实 @李四", "收到"]
        outside = session.scalars(select(Notice).where(Notice.audience == str(town.civil))).all()
        assert [row.title_zh for row in outside] == ["李四评论了本部门的目录：数据目录「婚姻登记信息」"]


def test_a_name_of_two_means_the_nearer_one_or_is_refused(database: Database, town: Town, people: People) -> None:
    entry_id = published(database, town)
    say(database, people.li, entry_id, "@王五 请看")
    assert len(people.told(people.wang)) == 1 and people.told(people.wang_too) == []
    say(database, people.li, entry_id, "@wang2 请看")
    assert len(people.told(people.wang_too)) == 1
    third = people.make("wang3", "王五", town.civil, "consumer_contact")
    refused("catalog.comment.mention_ambiguous", database, lambda s: comments.write(
        s, people.zhang, kind_key="data_entry", node_id=entry_id, body="@王五"
    ))
    hidden = draft(database, town, name="草稿")
    refused("catalog.comment.mention_blind", database, lambda s: comments.write(
        s, people.zhang, kind_key="data_entry", node_id=hidden, body="@李四"
    ))
    refused("catalog.comment.mention_blind", database, lambda s: comments.write(
        s, people.zhang, kind_key="data_entry", node_id=entry_id, body="@赵六"
    ))
    assert people.told(third) == []


def test_one_changes_only_ones_own_and_what_was_said_is_kept(database: Database, town: Town, people: People) -> None:
    entry_id = published(database, town)
    mine = say(database, people.li, entry_id, "周期不对 @张三")
    refused("catalog.comment.not_own", database, lambda s: comments.edit(s, people.zhang, mine, "对"))
    refused("catalog.comment.not_own", database, lambda s: comments.remove(s, people.zhang, mine))
    refused("catalog.comment.empty", database, lambda s: comments.edit(s, people.li, mine, " \n "))
    refused("catalog.comment.control", database, lambda s: comments.edit(s, people.li, mine, "a\x00b"))
    with database.write() as session:
        row = comments.edit(session, people.li, mine, "周期应为每月 @张三")
        assert row.revision == 2 and row.edited_at is not None
    assert len(people.told(people.zhang)) == 1, "who was named before is not told again"
    with database.write() as session:
        comments.remove(session, people.li, mine)
    refused("catalog.comment.deleted", database, lambda s: comments.edit(s, people.li, mine, "又改"))
    refused("catalog.comment.deleted", database, lambda s: comments.write(
        s, people.zhang, kind_key="data_entry", node_id=entry_id, body="回复", parent_id=mine
    ))
    with database.read() as session:
        traces = comments.history(session, people.li, mine)
        assert [(row.action, row.body) for row in traces] == [
            ("edit", "周期不对 @张三"), ("delete", "周期应为每月 @张三")
        ]
        assert comments.history(session, town.reviewer, mine) and comment_queries.count(session, entry_id) == 0
        with pytest.raises(MulianError):
            comments.history(session, people.zhang, mine)
    with pytest.raises(Exception, match="insert-only"), database.write() as session:
        session.execute(text("UPDATE comment_trace SET body = 'x'"))


def test_comments_of_an_unseen_node_are_unseen(database: Database, town: Town, people: People) -> None:
    hidden = draft(database, town)
    mine = say(database, people.zhang, hidden, "待补")
    refused("catalog.node.unknown", database, lambda s: comments.found(s, people.li, mine))
    refused("catalog.node.unknown", database, lambda s: comments.write(
        s, people.li, kind_key="data_entry", node_id=hidden, body="？"
    ))
    other = published(database, town, name="另一个")
    refused("catalog.comment.parent", database, lambda s: comments.write(
        s, people.zhang, kind_key="data_entry", node_id=other, body="回复", parent_id=mine
    ))


def post(database: Database) -> int:
    """Deliver what is in the post, each message twice, as a crash between delivery and note would."""
    with database.read() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.topic == subscriptions.TOPIC)).all()
    for row in rows:
        assert database.runtime is not None
        messages.tell_followers(database.runtime, row.payload)
        messages.tell_followers(database.runtime, row.payload)
    return len(rows)


def test_followers_are_told_once_of_each_decision(database: Database, town: Town, people: People) -> None:
    entry_id = draft(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    assert post(database) == 0, "nobody follows anything, nothing is posted"
    with database.write() as session:
        kept = SavedSearch(
            id=ids.new(), user_id=people.wang_too.user_id, name="婚姻", q="婚姻登记", notify=False, version=1,
            filters={"department_id": str(town.civil), "status": "published"}, created_at=clock.now(),
        )
        session.add(kept)
        session.flush()
        subscriptions.follow(session, people.li, "data_entry", entry_id)
        subscriptions.follow(session, people.li, "department", town.civil)
        subscriptions.follow(session, people.wang_too, "search", kept.id)
        again = subscriptions.follow(session, people.li, "department", town.civil)
        assert again.label == "区民政局"
    with database.write() as session:
        online.switch(session, town.bureau, session.get_one(DataEntry, entry_id), online=False, reason="核对中")
    post(database)
    assert people.told(people.li) == ["您关注的「婚姻登记信息」已下线"]
    assert people.told(people.wang_too) == ["您关注的「婚姻登记信息」已下线"], "a search for published ones tells too"
    published(database, town, name="收养登记信息")
    post(database)
    assert people.told(people.li)[1:] == ["您关注的「收养登记信息」发布"], "the department is followed"
    assert len(people.told(people.wang_too)) == 1, "the search does not find it"
    assert people.told(people.zhang) == []


def test_one_follows_only_what_one_may_see(database: Database, town: Town, people: People) -> None:
    hidden = draft(database, town)
    refused("catalog.node.unknown", database, lambda s: subscriptions.follow(s, people.li, "data_entry", hidden))
    refused("catalog.subscription.target_unknown", database,
            lambda s: subscriptions.follow(s, people.li, "department", ids.new()))
    refused("catalog.subscription.target_unknown", database,
            lambda s: subscriptions.follow(s, people.li, "search", ids.new()))
    refused("catalog.person_needed", database,
            lambda s: subscriptions.follow(s, system_actor("x"), "department", town.civil))
    with database.write() as session:
        own = subscriptions.follow(session, people.li, "department", town.civil).id
    refused("catalog.subscription.unknown", database, lambda s: subscriptions.unfollow(s, people.zhang, own))
    with database.write() as session:
        subscriptions.unfollow(session, people.li, own)


def test_favourites_keep_the_order_that_one_gives_them(database: Database, town: Town, people: People) -> None:
    keys = [published(database, town, name=f"目录{number}") for number in range(3)]
    hidden = draft(database, town)
    refused("catalog.node.unknown", database, lambda s: favourites.add(s, people.li, "data_entry", hidden))
    with database.write() as session:
        for key in (*keys, keys[0]):
            favourites.add(session, people.li, "data_entry", key)
        favourites.add(session, people.zhang, "data_entry", hidden)
        favourites.order(session, people.li, [keys[2], ids.new(), keys[0]])
    with database.read() as session:
        kept = favourites.listed(session, people.li)
        assert [row.node_id for row in kept] == [keys[2], keys[0], keys[1]]
        assert [row.position for row in kept] == [1, 2, 3] and kept[0].department == "区民政局"
        assert [row.node_id for row in favourites.listed(session, people.zhang)] == [hidden]
    with database.write() as session:
        favourites.remove(session, people.li, keys[0])
        favourites.remove(session, people.li, keys[0])
        assert [row.node_id for row in favourites.listed(session, people.li)] == [keys[2], keys[1]]


@pytest.fixture
def gateway() -> Iterator[list[port.Calls]]:
    """Calls as the gateway would count them."""
    known: list[port.Calls] = []
    held = port._calls
    port.install(lambda session, start, end: known)
    yield known
    port.install(held)


def test_views_are_counted_in_memory_and_written_once(database: Database, town: Town) -> None:
    entry_id, gone = published(database, town), ids.new()
    counter = buffer.Buffer(database)
    for _ in range(5):
        counter.note(entry_id, "views")
    counter.note(entry_id, "downloads")
    counter.note(gone, "views")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(UsageDay)) == 0
    counter.flush()
    counter.note(entry_id, "views")
    counter.flush()
    counter.flush()
    with database.read() as session:
        assert queries.totals(session, entry_id) == {"views": 6, "downloads": 1, "calls": 0, "failed": 0}


def test_what_could_not_be_written_is_written_later(database: Database, town: Town) -> None:
    entry_id = published(database, town)
    counter = buffer.Buffer(database)
    counter.note(entry_id, "views")
    with database.write() as session:
        session.execute(text("ALTER TABLE usage_day RENAME TO away"))
    counter.flush()
    with database.write() as session:
        session.execute(text("ALTER TABLE away RENAME TO usage_day"))
    counter.flush()
    with database.read() as session:
        assert queries.totals(session, entry_id)["views"] == 1


def test_calls_are_taken_over_as_they_stand(database: Database, town: Town, gateway: list[port.Calls]) -> None:
    entry_id, other = published(database, town), published(database, town, name="另一个")
    today = clock.business_day(clock.now())
    yesterday = today - timedelta(days=1)
    with database.write() as session:
        usage.add(session, {(entry_id, today.isoformat(), "views"): 2})
    gateway += [
        port.Calls(entry_id, today.isoformat(), 10, 1), port.Calls(entry_id, yesterday.isoformat(), 4, 0),
        port.Calls(ids.new(), today.isoformat(), 9, 9),
    ]
    for _ in range(2):
        with database.write() as session:
            assert usage.take_calls(session, yesterday, today) == 2
    gateway[:] = [port.Calls(other, today.isoformat(), 12, 1)]
    with database.write() as session:
        usage.take_calls(session, today, today)
    with database.read() as session:
        assert queries.totals(session, entry_id) == {"views": 2, "downloads": 0, "calls": 4, "failed": 0}
        assert queries.totals(session, other)["calls"] == 12
        points = usage.series(
            queries.days_of(session, entry_id, yesterday.isoformat(), today.isoformat()), yesterday, today
        )
        assert [(point["views"], point["calls"]) for point in points] == [(0, 4), (2, 0)]
        top = session.execute(queries.top(town.bureau, "calls", None, yesterday.isoformat(), today.isoformat())).all()
        assert [row[0] for row in top] == [other, entry_id]
        assert len(queries.daily(session, town.stranger, town.civil, yesterday.isoformat(), today.isoformat())) == 2
