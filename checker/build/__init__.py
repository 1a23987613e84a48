"""Modules compiled in a sandbox, and the certificates that say what came out."""
