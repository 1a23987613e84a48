"""Lean text: its words, its header, and folders of it."""
