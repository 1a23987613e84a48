"""What people may say about a folder's Lean. It stands alone: settings name it that never run Lean."""

from __future__ import annotations

from typing import Literal

Choice = Literal["auto", "embedded", "lake"]
"""Found from the folder's files, the Lean that came with this program, or the one that lake runs."""
