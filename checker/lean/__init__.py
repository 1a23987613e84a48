"""Which Lean there is, and how it is started."""
