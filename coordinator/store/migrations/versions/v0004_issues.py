"""What is found to be wrong with nodes, and which of it a pull request mends."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table of issues."""
    op.add_column("pull_requests", sa.Column("closes", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "issues",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("filed_by", sa.String, nullable=False),
        sa.Column("times", sa.Integer, nullable=False, server_default="1"),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("closed_by", sa.String, nullable=False, server_default=""),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
    )
    op.create_index("issues_by_label", "issues", ["label"])
