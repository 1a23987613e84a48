"""The manual's page about moves is the one that the table makes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from coordinator.store.moves import MOVES
from coordinator.store.moves_page import PAGE, PICTURE, page, picture

DOCS = Path(__file__).parents[2] / "docs"
REMEDY = "run: python -m coordinator.store.moves_page docs"


def test_the_page_of_moves_and_its_picture_are_up_to_date() -> None:
    assert (DOCS / PAGE).read_text(encoding="utf-8") == page(), REMEDY
    assert (DOCS / PICTURE).read_text(encoding="utf-8") == picture(), REMEDY


def test_the_picture_shows_every_state_and_every_move_between_two_states() -> None:
    words = [each.text for each in ET.fromstring(picture()).iter("{http://www.w3.org/2000/svg}text")]
    for record in {move.record for move in MOVES}:
        assert record in words
    assert sum(word == "bounce" for word in words) == 4
    assert {move.target for move in MOVES if move.target} <= set(words)
    arrows = {name for word in words if word for name in word.split(", ")}
    assert {move.name for move in MOVES if move.sources and move.target} <= arrows
