"""Lean servers that keep a file's header and unchanged beginning elaborated."""
