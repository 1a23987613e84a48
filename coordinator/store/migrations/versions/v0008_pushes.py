"""Landings that no pull request brought: what a person pushed to ``main`` and an audit found there, or found gone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Lets a landing do without a pull request, and items name one that a person's push was."""
    with op.batch_alter_table("landings") as table:
        table.alter_column("pull_request", existing_type=sa.Integer, nullable=True)
    op.add_column("items", sa.Column("pushed", sa.Integer, nullable=False, server_default="0"))
