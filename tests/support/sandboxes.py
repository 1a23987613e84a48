"""The sandbox tests run Lean in: bubblewrap; on a host without it none, except in CI, where nothing is left out."""

from __future__ import annotations

import os

import pytest

from checker import CheckerError, Sandbox


def has_bubblewrap() -> bool:
    """Whether bubblewrap runs here; in CI a missing one is an error."""
    try:
        Sandbox.bubblewrap()
    except CheckerError:
        if os.environ.get("CI"):
            raise
        return False
    return True


def any_sandbox() -> Sandbox:
    """Bubblewrap where it runs, none elsewhere."""
    return Sandbox.bubblewrap() if has_bubblewrap() else Sandbox.none()


needs_bubblewrap = pytest.mark.skipif(not has_bubblewrap(), reason="bubblewrap does not run on this host")
