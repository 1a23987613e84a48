"""The steps from older versions of the store to this one, as alembic lays them out."""
