"""What can go wrong when a blueprint is read so badly that there is nothing to hand back.

::

    BlueprintError
    ├── DraftRefused       a draft would be written over somebody's work
    ├── NothingToRead      no LaTeX at the place given
    ├── UnknownCode        a question about a problem that does not exist
    └── UnknownLabel       a question about a node that the blueprint does not have

Everything less grave is a `blueprint.problem.Problem`, with file and line, in `Blueprint.problems`.
"""

from __future__ import annotations


class BlueprintError(Exception):
    """The message is one sentence for the person who asked, with the place and the remedy."""


class DraftRefused(BlueprintError):
    """A draft would be written over the book, or over files that somebody has changed."""


class NothingToRead(BlueprintError):
    """There is no LaTeX at the place given."""


class UnknownCode(BlueprintError):
    """No problem has the code asked for."""


class UnknownLabel(BlueprintError, KeyError):
    """No node has the label asked for."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "No node has this label."
