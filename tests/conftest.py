"""What tests of several packages share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.lake_books import give_library
from tests.support.toolchains import stand_in_toolchain

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow,),
)
settings.load_profile("steady")
"""The same examples every time, however slow the machine is; `--hypothesis-profile default` draws others."""

signal.signal(signal.SIGINT, signal.default_int_handler)
"""A shell that starts the tests in the background has Ctrl-C ignored, also by the processes that they start."""


@pytest.fixture(scope="session")
def elan_with_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for a toolchain, in an elan's folder of its own, with a small library."""
    return give_library(stand_in_toolchain(tmp_path_factory.mktemp("elan-with-library")))
