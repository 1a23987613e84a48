"""What tests of several packages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.lake_books import give_library
from tests.support.toolchains import stand_in_toolchain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def elan_with_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for a toolchain, in an elan's folder of its own, with a small library."""
    return give_library(stand_in_toolchain(tmp_path_factory.mktemp("elan-with-library")))
