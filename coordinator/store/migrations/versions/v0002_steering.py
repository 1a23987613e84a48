"""What people ask of a campaign, and indexes by which the ledger reads single records."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INDEXES = {
    "jobs_by_pull_request": ("jobs", "pull_request"),
    "feedback_by_item": ("feedback", "item"),
    "failures_by_item": ("failures", "item"),
}


def upgrade() -> None:
    """Makes those indexes that are not there (some stores of version 1 have them), and all that steering needs."""
    for name, (table, column) in _INDEXES.items():
        op.create_index(name, table, [column], if_not_exists=True)
    op.add_column("items", sa.Column("model", sa.String, nullable=False, server_default=""))
    op.add_column("items", sa.Column("max_cost_usd", sa.Float, nullable=False, server_default="0.0"))
    op.add_column("items", sa.Column("boost", sa.Float, nullable=False, server_default="1.0"))
    op.add_column("jobs", sa.Column("model", sa.String, nullable=False, server_default=""))
    op.add_column("failures", sa.Column("set_aside", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "wishes",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
