"""How a pull request was joined with ``main`` where git alone could not, and the commit that came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds both columns; whatever was joined so far was joined by git."""
    op.add_column("pull_requests", sa.Column("joined", sa.String, nullable=False, server_default=""))
    op.add_column("pull_requests", sa.Column("rung", sa.String, nullable=False, server_default="git"))
