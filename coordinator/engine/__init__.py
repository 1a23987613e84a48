"""The loop that applies reports, decides and acts; and what it acts with."""
