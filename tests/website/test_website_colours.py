"""Text can be read on its ground, by day and by night: contrast of at least 4.5 (WCAG AA), from the style sheet."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = files("website").joinpath("static/site.css").read_text(encoding="utf-8")
NIGHT = STYLE.index("@media screen and (prefers-color-scheme: dark)")
NIGHT_END = STYLE.index("/* ---- ground")
TONES = ("proved", "conditional", "stated", "ready", "blocked", "not-ready", "failed", "busy")
TEXTS = ("ink", "soft", "link")
CODE = ("keyword", "command", "doc", "comment", "string", "number", "sort", "symbol", "sorry")


def variables(source: str) -> dict[str, str]:
    """Return the colours a part of the style sheet sets; those of a tone as ``tone/variable``."""
    found: dict[str, str] = {}
    for selector, body in re.findall(r"([.:][\w-]+) \{([^}]*)\}", source):
        prefix = selector.removeprefix(".tone-") + "/" if selector.startswith(".tone-") else ""
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body):
            found[prefix + name] = value
    return found


PALETTES = {"day": variables(STYLE[:NIGHT]), "night": variables(STYLE[NIGHT:NIGHT_END])}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("time", PALETTES)
def test_text_can_be_read(time: str) -> None:
    colours = PALETTES[time]
    pairs = [(text, ground) for text in TEXTS for ground in ("paper", "panel", "raised")]
    pairs += [(f"lean-{kind}", ground) for kind in CODE for ground in ("paper", "panel")]
    for tone in TONES:
        pairs += [(f"{tone}/tone", f"{tone}/tone-soft"), (f"{tone}/tone", "paper"), ("ink", f"{tone}/tone-soft")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_every_tone_of_the_pages_has_its_colours() -> None:
    from website import states  # noqa: PLC0415 - its private tables are what is checked

    badges = [
        *states.NODE_BADGES.values(),
        *states._PULL_REQUEST_BADGES.values(),
        *states._VERDICT_BADGES.values(),
        *states._CAMPAIGN_BADGES.values(),
    ]
    assert {badge.tone for badge in badges} <= set(TONES)
