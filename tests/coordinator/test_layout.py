from __future__ import annotations

import pytest

from coordinator.campaign.layout import Home, plan_homes
from coordinator.errors import BookError
from tests.support.books import book, node


def test_a_home_is_library_chapter_and_the_last_part_of_the_name() -> None:
    made = book(node("thm:x", lean="Arithmetic.add_comm"), chapters=("The natural numbers $\\mathbb N$",))
    assert plan_homes(made, "Lib")["thm:x"] == Home("Lib.TheNaturalNumbers.AddComm", "Arithmetic.add_comm")
    assert plan_homes(made, "Lib")["thm:x"].path == "Lib/TheNaturalNumbers/AddComm.lean"


def test_without_a_lean_name_the_label_gives_one() -> None:
    assert plan_homes(book(node("thm:big-one")), "Lib")["thm:big-one"].declaration == "Lib.thm_big_one"


def test_equal_names_get_different_modules_even_where_case_is_blind() -> None:
    made = book(node("a", lean="X.foo"), node("b", lean="Y.foo"), node("c", lean="Z.Foo"))
    assert [home.module for home in plan_homes(made, "L").values()] == ["L.Main.Foo", "L.Main.Foo2", "L.Main.Foo3"]


@pytest.mark.parametrize("name", ["a b", "../x", "x;y", "1x", "a..b", "«»", ""])
def test_a_lean_name_that_is_none_is_refused_with_its_place(name: str) -> None:
    if name:
        with pytest.raises(BookError, match=r"book\.tex:1:1"):
            plan_homes(book(node("a", lean=name)), "L")


def test_two_nodes_never_share_a_declaration() -> None:
    with pytest.raises(BookError, match="already the Lean name of a"):
        plan_homes(book(node("a", lean="X.f"), node("b", lean="X.f")), "L")
