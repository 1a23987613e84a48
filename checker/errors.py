"""What can go wrong in the checker, apart from Lean refusing a file (that is a certificate, not an error).

::

    CheckerError
    ├── LeanMissing            there is no Lean for this machine
    ├── LakeFailed             lake cannot do what was asked of it
    ├── SandboxMissing         bubblewrap is not installed, and "none" was not asked for
    ├── SandboxFailed          the sandbox itself could not be started
    ├── UnreadableModule       a compiled module is damaged, hostile, or of an unknown format
    ├── HeaderError            the first lines of a Lean file are no module header
    ├── ImportCycle            modules import one another in a circle
    ├── CertificateDamaged     something read from the store is not what was written there
    ├── ServerFailed           a warm Lean server is silent, dead, too large or too loud
    ├── UnknownDeclaration     a declaration that was asked for does not exist
    ├── SurgeryRefused         an edit of a source would change more than it says
    ├── MergeTangled           two sides changed a source in ways that no single declaration shows
    └── AuditFailed            a finished tree does not stand when the kernel checks it from nothing
"""

from __future__ import annotations

from typing import Literal

ServerFailure = Literal["timeout", "crash", "memory", "output", "processes"]
"""How a warm Lean server may fail."""


class CheckerError(Exception):
    """Something the checker cannot do; the message is one sentence with the place and the remedy."""


class LeanMissing(CheckerError):
    """There is no Lean that can run on this machine."""


class LakeFailed(CheckerError):
    """Lake cannot load a project, or was asked for something that is no target."""


class SandboxMissing(CheckerError):
    """The sandbox is not installed, and running without one was not asked for."""


class SandboxFailed(CheckerError):
    """The sandbox is installed and could not be started."""


class UnreadableModule(CheckerError):
    """A compiled module is damaged, hostile, or written in a format this version does not know."""


class HeaderError(CheckerError):
    """The first lines of a Lean file do not parse as a module header."""


class ImportCycle(CheckerError):
    """Modules import one another in a circle."""


class CertificateDamaged(CheckerError):
    """A certificate or artefact read from the store is not what was written there."""


class ServerFailed(CheckerError):
    """A warm Lean server did not answer.

    Attributes:
        failure: how, by the name a certificate would give it: timeout, crash, memory, output or processes.
    """

    def __init__(self, failure: ServerFailure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class UnknownDeclaration(CheckerError):
    """A declaration that was asked for is not declared in the tree."""


class SurgeryRefused(CheckerError):
    """An edit of a Lean source would change more, or less, than it says."""


class MergeTangled(CheckerError):
    """Two sides' changes of a Lean source touch each other in a way that no single declaration shows."""


class AuditFailed(CheckerError):
    """A tree does not stand when the kernel checks it again from nothing."""
