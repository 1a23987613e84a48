from __future__ import annotations

from coordinator.schedule.state import CampaignState, Item
from coordinator.views.progress import axioms_of


def proved(number: int, label: str, *axioms: str) -> Item:
    return Item(number, label, "proof", "landed", axioms=axioms)


def state(*items: Item) -> CampaignState:
    return CampaignState({(item.label, item.stage): item for item in items})


def test_what_was_open_when_a_proof_landed_is_no_sorry_once_it_is_proved() -> None:
    below = proved(2, "b", "propext")
    assert axioms_of("a", state(proved(1, "a", "sorryAx"), below), {"a": ("b",)}) == ("propext",)


def test_what_is_still_open_is_a_sorry() -> None:
    below = Item(2, "b", "proof", "open")
    assert axioms_of("a", state(proved(1, "a", "sorryAx"), below), {"a": ("b",)}) == ("sorryAx",)


def test_it_is_a_sorry_however_far_below() -> None:
    chain = state(proved(1, "a", "sorryAx"), proved(2, "b", "sorryAx"), Item(3, "c", "proof", "open"))
    assert axioms_of("a", chain, {"a": ("b",), "b": ("c",)}) == ("sorryAx",)


def test_two_that_rest_on_one_another_come_to_an_end() -> None:
    circle = state(proved(1, "a", "sorryAx"), proved(2, "b", "sorryAx", "Quot.sound"))
    assert axioms_of("a", circle, {"a": ("b",), "b": ("a",)}) == ("Quot.sound",)


def test_a_definition_has_its_own_axioms_and_an_open_node_none() -> None:
    definition = Item(1, "d", "statement", "landed", axioms=("propext",))
    assert axioms_of("d", state(definition), {}) == ("propext",)
    assert axioms_of("o", state(Item(1, "o", "proof", "open")), {}) == ()
