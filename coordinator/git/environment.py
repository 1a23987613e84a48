"""What git is told by its environment: no configuration but the repository's own, no prompts, no hooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.warnAmbiguousRefs=false",  # or each object named is looked for as a ref first, in seven places
    "merge.conflictStyle=merge",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.version=2",
    "fastimport.unpackLimit=0",  # below 100 objects a checkpoint would start one more process
)
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_ADVICE": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),  # or memory goes back to the system after each object that is compressed
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace/, which anybody may push, would show other objects than those named
}
_KEPT = ("GIT_SSH", "GIT_SSL_", "GIT_PROXY_SSL_", "GIT_PYTHON_", *ENVIRONMENT)


def git_command(*arguments: str, told: Collection[str] = ()) -> list[str]:
    """The command line of one git command, without the variables of whoever started this program.

    Args:
        arguments: the command.
        told: names of variables that git is given on purpose.

    GitPython hands its own environment on. A hook that runs Blueprover would so pass its ``GIT_DIR``, and a person's
    shell ``GIT_CONFIG_COUNT``; how to reach a remote is left to the person.
    """
    theirs = [
        name for name in os.environ if name.startswith("GIT_") and not name.startswith(_KEPT) and name not in told
    ]
    cleared = ["env", *(part for name in theirs for part in ("-u", name))] if theirs else []
    return [*cleared, "git", *(part for setting in SETTINGS for part in ("-c", setting)), *arguments]
