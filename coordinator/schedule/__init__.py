"""What to do next, as pure functions on plain data."""
