"""Tries at a pull request count from a person's last word on it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the column: all tries so far count."""
    op.add_column("pull_requests", sa.Column("tries_since", sa.Integer, nullable=False, server_default="0"))
