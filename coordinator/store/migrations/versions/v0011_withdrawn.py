"""Pull requests of items left out are withdrawn; tries at one count from a person's last word on."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_REQUESTS = sa.table("pull_requests", sa.column("number", sa.Integer), sa.column("state", sa.String))
_EVENTS = sa.table("events", sa.column("kind", sa.String), sa.column("data", sa.JSON))


def upgrade() -> None:
    """Adds the column, and withdraws what was sent back because a person or the book did not want it any more.

    Stores of before version 0006 called that bounced, by a person, as no gate and no reviewer can. The log stays as it
    is: it tells what was done then.
    """
    op.add_column("pull_requests", sa.Column("tries_since", sa.Integer, nullable=False, server_default="0"))
    by_person = _EVENTS.c.kind == "bounced", _EVENTS.c.data["source"].as_string() == "person"
    unwanted = sa.select(_EVENTS.c.data["pull_request"].as_integer()).where(*by_person)
    op.execute(
        sa.update(_REQUESTS)
        .where(_REQUESTS.c.state == "bounced", _REQUESTS.c.number.in_(unwanted))
        .values(state="withdrawn")
    )
