"""Search by document number and bigram blocks; profiles, past codes and regions; saved searches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from catalog.search import service
from catalog.search.initials import initials

revision = "0012"
down_revision = "0011"

_NODES = ("data_entry", "db_table", "duty", "system")


def upgrade() -> None:
    """Create the tables, carry the search documents over and write the index in its new form."""
    _codes()
    op.execute("CREATE TABLE search_doc_before AS SELECT * FROM search_doc")
    for table in ("search_fts", "search_part") if _sqlite() else ("search_tsv", "search_part"):
        op.drop_table(table)
    op.drop_table("search_doc")
    _search_doc()
    _saved()
    _carry_over()
    op.drop_table("search_doc_before")
    _index()


def downgrade() -> None:
    """Refuse: a downgrade is a restore from backup."""
    raise NotImplementedError("restore a backup instead of downgrading")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _codes() -> None:
    op.create_table(
        "class_code",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_class_code")),
    )
    op.create_table(
        "code_profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("zh", sa.String(length=200), nullable=False),
        sa.Column("en", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_profile")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_code_profile_kind_key")),
    )
    op.create_table(
        "node_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.Column("successor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_code")),
        sa.UniqueConstraint("folded", name=op.f("uq_node_code_folded")),
    )
    op.create_index("ix_node_code_node_id", "node_code", ["node_id"])
    op.create_table(
        "region_change",
        sa.Column("old", sa.String(length=6), nullable=False),
        sa.Column("new", sa.String(length=6), nullable=False),
        sa.Column("effective", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("old", "new", name=op.f("pk_region_change")),
    )
    op.create_table(
        "region_code",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("first", sa.String(length=6), nullable=False),
        sa.Column("last", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("code", "name", name=op.f("pk_region_code")),
    )


def _search_doc() -> None:
    op.create_table(
        "search_doc",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("node_kind", sa.String(length=20), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("legacy", sa.String(length=500), nullable=True),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("initials", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_search_doc_department_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_doc")),
        sa.UniqueConstraint("node_id", name=op.f("uq_search_doc_node_id")),
    )
    for column in ("code", "legacy", "head"):
        op.create_index(op.f(f"ix_search_doc_{column}"), "search_doc", [column])
    op.create_index(
        "ix_search_doc_initials", "search_doc", ["initials"], postgresql_ops={"initials": "varchar_pattern_ops"}
    )
    op.create_index("ix_search_doc_department_id_number", "search_doc", ["department_id", "number"])


def _saved() -> None:
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("q", sa.String(length=200), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_saved_search_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_search_user_id_name")),
    )
    op.create_table(
        "saved_search_hit",
        sa.Column("saved_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_id"], ["saved_search.id"], name=op.f("fk_saved_search_hit_saved_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("saved_id", "node_id", name=op.f("pk_saved_search_hit")),
    )


def _carry_over() -> None:
    op.execute(
        "INSERT INTO search_doc "
        "(number, node_id, node_kind, department_id, code, legacy, head, initials, title, body) "
        "SELECT row_number() OVER (ORDER BY code, node_id), node_id, node_kind, department_id, code, NULL, "
        "substr(title, 1, 64), '', title, body FROM search_doc_before"
    )
    for table in _NODES:
        op.execute(
            f"UPDATE search_doc SET legacy = (SELECT lower(trim(n.legacy_code)) FROM {table} n "
            f"WHERE n.id = search_doc.node_id) WHERE node_kind = '{table}'"
        )
    docs = sa.table("search_doc", sa.column("number", sa.BigInteger()), sa.column("head"), sa.column("initials"))
    letters = [
        {"n": number, "letters": initials(head)[:64]}
        for number, head in op.get_bind().execute(sa.select(docs.c.number, docs.c.head))
    ]
    if letters:
        op.get_bind().execute(
            sa.update(docs).where(docs.c.number == sa.bindparam("n")).values(initials=sa.bindparam("letters")), letters
        )


def _index() -> None:
    if _sqlite():
        for field in ("title", "whole"):
            op.execute(
                f"CREATE VIRTUAL TABLE search_fts_{field} USING fts5("
                "tokens, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii')"
            )
        service.rebuild(Session(op.get_bind()))
        return
    op.execute("SELECT setval('search_doc_number_seq', (SELECT coalesce(max(number), 0) + 1 FROM search_doc), false)")
    for statement in _POSTGRESQL:
        op.execute(statement)


_POSTGRESQL = (
    # a document's keys: its block (4,096 numbers) with each gram, its kind and its department; see ADR 0140
    """CREATE FUNCTION search_grams(number bigint, body text, department uuid, kind text) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT array_agg(DISTINCT ((number >> 12) << 42) | key) FROM (
      SELECT unnest(CASE WHEN a < 128 AND b < 128 AND c < 128 AND c <> 32
        THEN ARRAY[(a << 21) | b, (1638400::bigint << 21) | (a << 14) | (b << 7) | c]
        ELSE ARRAY[(a << 21) | b] END) AS key
      FROM (
        SELECT a, lead(a) OVER (ORDER BY place) AS b, lead(a, 2) OVER (ORDER BY place) AS c
        FROM (
          SELECT ascii(letter)::bigint AS a, place
          FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS letters(letter, place)
        ) AS points
      ) AS grams WHERE a <> 32 AND b <> 32
      UNION ALL
      SELECT ((1114112 + (hashed >> 21)) << 21) | (hashed & 2097151) FROM (
        SELECT ('x' || substr(encode(sha256(label::bytea), 'hex'), 1, 10))::bit(40)::bigint AS hashed
        FROM unnest(ARRAY['d' || department::text, 'k' || kind]) AS label
      ) AS labels
    ) AS keys
    $$""",
    # without fastupdate a serialisable reader locks the pages it read, not the whole index
    "CREATE INDEX ix_search_gram_title ON search_doc USING gin "
    "(search_grams(number, title, department_id, node_kind)) WITH (fastupdate = off)",
    "CREATE INDEX ix_search_gram_whole ON search_doc USING gin "
    "(search_grams(number, (title || ' '::text) || body, department_id, node_kind)) WITH (fastupdate = off)",
    # figures about the keys would cost every ANALYZE a sample of the function and help no plan
    "ALTER INDEX ix_search_gram_title ALTER COLUMN 1 SET STATISTICS 0",
    "ALTER INDEX ix_search_gram_whole ALTER COLUMN 1 SET STATISTICS 0",
)
