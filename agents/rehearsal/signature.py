"""Signatures of thinking blocks: the rehearsal insists, like the real service, on getting thinking back unchanged."""

from __future__ import annotations

import hashlib


def sign(thinking: str) -> str:
    """The signature of a thinking block."""
    return hashlib.sha256(b"rehearsal:" + thinking.encode(errors="replace")).hexdigest()
