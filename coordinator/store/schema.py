"""The tables of the store, as they are in version `REVISION`. Older stores are brought there by `migrations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText

if TYPE_CHECKING:
    from sqlalchemy import Dialect

REVISION = "0011"
"""Version of these tables: the last of the migrations."""

BEFORE_MIGRATIONS = {1: "0001", 2: "0002"}
"""The version of a store that was made before there were migrations, by what ``meta`` says under ``schema``."""

OLDER_PROGRAMS_REFUSE = 3
"""What ``meta`` says there since: programs from before do not know it, and leave the store alone."""


class Text(TypeDecorator[str]):
    """Text that anybody may have written.

    No database takes half of a surrogate pair, and PostgreSQL takes no NUL: both are replaced by U+FFFD.
    """

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as the database is to hold it."""
        del dialect
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


metadata = MetaData()

bookkeeping = MetaData()
"""Of the one table that says which version the others have."""

revisions = Table("alembic_version", bookkeeping, Column("version_num", String(32), primary_key=True))

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", JSON, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("state", String, nullable=False),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("forgiven", Integer, nullable=False, default=0),
    Column("lock", String, nullable=False, default=""),
    Column("axioms", JSON, nullable=False, default=list),
    Column("assumes", JSON, nullable=False, default=list),
    Column("reason", Text, nullable=False, default=""),
    Column("model", String, nullable=False, default=""),
    Column("max_cost_usd", Float, nullable=False, default=0.0),
    Column("boost", Float, nullable=False, default=1.0),
    Column("pushed", Integer, nullable=False, default=0, server_default="0"),
    UniqueConstraint("label", "stage"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("item", ForeignKey("items.id")),
    Column("pull_request", ForeignKey("pull_requests.number")),
    Column("number", Integer, nullable=False),
    Column("model", String, nullable=False, default=""),
    Column("state", String, nullable=False),
    Column("ending", String, nullable=False, default=""),
    Column("lease_until", Float, nullable=False),
    Column("worker", String, nullable=False, default=""),
    Column("base", String, nullable=False, default=""),
    Column("cap_usd", Float, nullable=False, default=0.0),
    Column("cap_tokens", Integer),
    Column("told_usd", Float),
    Column("told_input_tokens", Integer),
    Column("told_output_tokens", Integer),
    Column("cost_usd", Float, nullable=False, default=0.0),
    Column("input_tokens", Integer, nullable=False, default=0),
    Column("output_tokens", Integer, nullable=False, default=0),
    Column("retries", Integer, nullable=False, default=0),
    Column("summary", Text, nullable=False, default=""),
    Column("sent_at", Float, nullable=False),
    Column("ended_at", Float),
    Index("jobs_by_state", "state"),
    Index("jobs_by_item", "item"),
    Index("jobs_by_pull_request", "pull_request"),
)

pull_requests = Table(
    "pull_requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("item", ForeignKey("items.id"), nullable=False),
    Column("job", Integer, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("base", String, nullable=False),
    Column("head", String, nullable=False),
    Column("summary", Text, nullable=False, default=""),
    Column("lock", String, nullable=False, default=""),
    Column("axioms", JSON, nullable=False, default=list),
    Column("assumes", JSON, nullable=False, default=list),
    Column("modules", JSON, nullable=False, default=dict),
    Column("certified", String, nullable=False, default=""),
    Column("closes", JSON, nullable=False, default=list, server_default="[]"),
    Column("joined", String, nullable=False, default="", server_default=""),
    Column("rung", String, nullable=False, default="git", server_default="git"),
    Column("authored", String, nullable=False, default="", server_default=""),
    Column("authored_on", String, nullable=False, default="", server_default=""),
    Column("standing", JSON, nullable=False, default=dict, server_default="{}"),
    Column("follows", JSON, nullable=False, default=list, server_default="[]"),
    Column("tries_since", Integer, nullable=False, default=0, server_default="0"),
    Column("reason", Text, nullable=False, default=""),
    Column("landed_as", String, nullable=False, default=""),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),
    Index("pull_requests_by_state", "state"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pull_request", ForeignKey("pull_requests.number"), nullable=False),
    Column("seat", Integer, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("commit", String, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("pull_request", "seat", "commit"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item", ForeignKey("items.id"), nullable=False),
    Column("source", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("feedback_by_item", "item"),
)

modules = Table(
    "modules",
    metadata,
    Column("name", String, primary_key=True),
    Column("source_digest", String, nullable=False),
    Column("interface_digest", String, nullable=False),
    Column("imports", JSON, nullable=False),
)

landings = Table(
    "landings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pull_request", ForeignKey("pull_requests.number")),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("key", String, primary_key=True),
    Column("module", String, nullable=False),
    Column("interface_digest", String, nullable=False),
    Column("message", Text, nullable=False, default=""),
)

audits = Table(
    "audits",
    metadata,
    Column("commit", String, primary_key=True),
    Column("landing", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("at", Float, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("job", Integer, ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
    Column("state", String, nullable=False),
    Column("tip", String, nullable=False),
    Column("commit", String, nullable=False),
    Column("members", JSON, nullable=False),
    Column("before", JSON, nullable=False, default=dict),
    Column("sources", JSON, nullable=False, default=dict),
    Column("failures", JSON, nullable=False, default=dict),
    Column("refusals", JSON, nullable=False, default=dict),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item", ForeignKey("items.id"), nullable=False),
    Column("cause", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("final", Integer, nullable=False, default=0),
    Column("set_aside", Integer, nullable=False, default=0),
    Index("failures_by_item", "item"),
)

issues = Table(
    "issues",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("label", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("filed_by", String, nullable=False),
    Column("times", Integer, nullable=False, default=1),
    Column("state", String, nullable=False),
    Column("closed_by", String, nullable=False, default=""),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),
    Index("issues_by_label", "label"),
)

wishes = Table(
    "wishes",
    metadata,
    Column("name", String, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("at", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", JSON, nullable=False),
)
