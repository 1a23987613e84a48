"""The tables as they were before there were migrations. Stores of that version name no other."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: a store without these tables is made with all tables at once."""
