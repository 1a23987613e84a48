"""What an unfinished attempt leaves to the next one, put together without asking the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.transcript import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SUMMARY = 4_000
"""Longest summary, in characters."""
_MAX_CHECK = 1_800
_MAX_SAID = 800


def last_state(reason: str, changed: Sequence[str], last_check: str, said: str) -> str:
    """Sum up where an attempt stood when it stopped.

    Args:
        reason: why it stopped.
        changed: files that differ from the base.
        last_check: what Lean or the gate said last; empty when they were not asked.
        said: what the model said last; empty when it said nothing.

    Returns:
        A few lines, at most `MAX_SUMMARY` characters, never empty.
    """
    lines = [reason]
    lines.append(f"Files changed: {', '.join(changed)}." if changed else "No file was changed.")
    if last_check:
        lines.append(f"The last check said:\n{cut(last_check, _MAX_CHECK)}")
    if said:
        lines.append(f"The agent's last words:\n{cut(said, _MAX_SAID)}")
    return cut("\n".join(lines), MAX_SUMMARY)
