"""The canary: when what is known to be bad passes, nothing is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import Code
from checker.gate import canary
from checker.gate.canary import canary_reasons
from tests.checker.desk import PROJECT, PROOF, ZERO_ADD

if TYPE_CHECKING:
    import pytest

    from checker import Builder
    from tests.checker.desk import Desk

BASE = ("Book.Base.Logic",)


def test_it_is_found_bad(builder: Builder) -> None:
    assert canary_reasons(PROJECT, BASE, builder, prelude=True) == []


def test_a_base_it_cannot_live_on_is_refused(builder: Builder) -> None:
    reasons = canary_reasons(PROJECT, (), builder, prelude=True)
    assert [reason.code for reason in reasons] == [Code.CANARY]


def test_a_checker_that_sees_no_axioms_accepts_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write({ZERO_ADD: PROOF})
    assert desk.judge().accepted
    monkeypatch.setattr("checker.gate.canary.Environment.axioms", lambda _self, _name: ())
    reasons = desk.judge().reasons
    assert [reason.code for reason in reasons] == [Code.CANARY]
    assert "hidden `sorry`" in reasons[0].message


def test_a_lean_that_refuses_nothing_is_noticed(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "_WRONG_TEXT", "public section")
    reasons = canary_reasons(PROJECT, BASE, builder, prelude=True)
    assert "wrong proof" in reasons[0].message
