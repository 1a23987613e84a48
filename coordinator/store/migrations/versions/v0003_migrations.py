"""A mark in ``meta`` that programs from before the migrations refuse, since they would not see the version."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Sets the mark."""
    meta = sa.table("meta", sa.column("key", sa.String), sa.column("value", sa.JSON))
    op.execute(meta.update().where(meta.c.key == "schema").values(value=3))
