"""The tables of the store. `SCHEMA_VERSION` is kept in ``meta``; a store of another version is refused."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

SCHEMA_VERSION = 2

metadata = MetaData()

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
    Column("pull_request", ForeignKey("pull_requests.number"), nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
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
