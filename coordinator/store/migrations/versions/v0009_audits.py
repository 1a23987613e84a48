"""What audits in the background found of older commits of ``main``."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Makes the table: no such audit was made yet."""
    op.create_table(
        "audits",
        sa.Column("commit", sa.String, primary_key=True),
        sa.Column("landing", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
