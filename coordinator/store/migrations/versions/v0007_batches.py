"""Builds of several branches at once, what is certified of modules by key, and what builds taught about branches."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes both tables. No build of several branches is under way, and each branch has been built by itself."""
    op.add_column("pull_requests", sa.Column("standing", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("pull_requests", sa.Column("follows", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "certificates",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("module", sa.String, nullable=False),
        sa.Column("interface_digest", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "batches",
        sa.Column("job", sa.Integer, sa.ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tip", sa.String, nullable=False),
        sa.Column("commit", sa.String, nullable=False),
        *(
            sa.Column(name, sa.JSON, nullable=False)
            for name in ("members", "before", "sources", "failures", "refusals")
        ),
    )
