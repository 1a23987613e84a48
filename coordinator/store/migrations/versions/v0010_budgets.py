"""Tokens promised to a job, and what its worker's heartbeats told that it had spent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the columns: what was promised so far was promised without a limit of tokens, and nothing was told."""
    op.add_column("jobs", sa.Column("cap_tokens", sa.Integer))
    op.add_column("jobs", sa.Column("told_usd", sa.Float))
    op.add_column("jobs", sa.Column("told_input_tokens", sa.Integer))
    op.add_column("jobs", sa.Column("told_output_tokens", sa.Integer))
