"""What a repository of this program has in its ``config``, where also the git of whoever pushes to it finds it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coordinator.git.runner import Runner

_ONE = (
    ("uploadpack.allowAnySHA1InWant", "true"),
    ("receive.autogc", "false"),
    ("transfer.unpackLimit", "1"),  # one pack for all that comes at once, which upkeep joins, rather than many files
)
"""Settings that have one value."""

_SEVERAL = (
    ("receive.hideRefs", "refs/candidates"),  # nobody pushes there: who pushes need not be told of them
)
"""Values of settings that may have others beside."""

_MARK = "blueprover.settings"
_MARK_SHOWN = 16


def configure(runner: Runner) -> bool:
    """Gives a repository the settings above, unless it has been given just these before.

    That is written in its ``config`` too, so that one look into that file tells, and a person who has changed a
    setting since keeps the change until other settings are called for.

    Returns:
        Whether anything had to be done.

    Raises:
        GitError: the repository cannot be written.
    """
    mark = sha256(repr((_ONE, _SEVERAL)).encode()).hexdigest()[:_MARK_SHOWN]
    if _is_marked(runner, mark):
        return False
    for name, value in _ONE:
        runner.run("config", "--replace-all", name, value)
    for name, value in _SEVERAL:
        runner.run("config", "--replace-all", name, value, f"^{re.escape(value)}$")  # added where no value matches
    runner.run("config", "--replace-all", _MARK, mark)
    return True


def _is_marked(runner: Runner, mark: str) -> bool:
    section, _, name = _MARK.partition(".")
    try:
        text = (runner.path / "config").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return re.search(rf"^\[{section}\]\n\s*{name} = {mark}$", text, re.MULTILINE) is not None
