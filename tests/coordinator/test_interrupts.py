from __future__ import annotations

import signal

import pytest

from coordinator.cli.interrupts import Interrupts


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_waits_for_a_place_to_stop_at() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        interrupts.check()
        interrupts.rest(0.0)
        press()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        with pytest.raises(KeyboardInterrupt):
            interrupts.rest(3600.0)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_is_obeyed_at_once() -> None:
    with Interrupts():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_whoever_rests_is_woken_by_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordinator.cli.interrupts.sleep", lambda _: press())
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        interrupts.rest(3600.0)
