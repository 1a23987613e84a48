"""Judging a change, and reading compiled Lean, without any campaign."""
