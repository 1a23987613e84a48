"""Figures as a reader meets them: money, large counts, shares, moments. Pure, and the same in every time zone."""

from __future__ import annotations

from datetime import UTC, datetime

_SCALES = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_SMALL_SUM = 0.995


def money(dollars: float) -> str:
    """Return a sum in dollars: two decimals, and more where a small sum would read as nothing."""
    if dollars == 0 or dollars >= _SMALL_SUM:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if dollars < _SMALL_SUM / 100 else f"${dollars:.3f}"


def count(number: int) -> str:
    """Return a count with a thin space between thousands."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def rough(number: int) -> str:
    """Return a large count in three figures, such as ``1.24 M``; a small one as it is."""
    for scale, letter in _SCALES:
        if number >= scale:
            value = number / scale
            digits = 2 if value < 10 else 1 if value < 100 else 0  # noqa: PLR2004 - three figures in all
            return f"{value:.{digits}f}\N{NARROW NO-BREAK SPACE}{letter}"
    return str(number)


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 node`` or ``3 nodes``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share in whole percent; rounded down, so that 100 % means all."""
    return f"{100 * part // whole if whole else 0} %"


def moment(seconds: float | None) -> str:
    """Return a moment (seconds since the epoch) in UTC; nothing for none."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def machine_moment(seconds: float | None) -> str:
    """Return a moment for a ``datetime`` attribute; nothing for none."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short_commit(commit: str) -> str:
    """Return the first ten characters of a commit's name."""
    return commit[:10]
