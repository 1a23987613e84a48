"""What the author proposed, and on which commit, of pull requests that a resolver has joined with ``main`` since."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds both columns; whatever was proposed so far is as its author left it."""
    op.add_column("pull_requests", sa.Column("authored", sa.String, nullable=False, server_default=""))
    op.add_column("pull_requests", sa.Column("authored_on", sa.String, nullable=False, server_default=""))
