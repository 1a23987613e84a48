"""What Lean wrote: compiled modules and their kernel terms, read without asking Lean."""
