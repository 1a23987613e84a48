"""What a builder asks of the place where certificates and compiled modules are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.build.certificate import Certificate
    from checker.build.store import CertificateStore


class Certificates(Protocol):
    """Certificates by key, artefacts by their SHA-256, and notes of what was found true.

    Whatever keeps them, artefacts that are asked for lie on this disk, since Lean reads files; what is read is checked;
    and what is missing, damaged or written by others counts as absent, to be made again. Threads may share one.
    """

    @property
    def objects(self) -> Path:
        """Folder of the artefacts, which a sandbox must show."""

    @property
    def scratch(self) -> Path:
        """Folder for what is being made, on the same disk."""

    @property
    def local(self) -> CertificateStore:
        """Those of this host alone: for what every host has by itself, and nobody is to tell it."""

    def get(self, key: str) -> Certificate | None:
        """The certificate of a key, with its artefacts on this disk; None when there is none that can be trusted."""

    def put(self, certificate: Certificate, artefacts: Mapping[str, bytes]) -> Certificate:
        """Keep a certificate and its artefacts, by suffix; answer the certificate."""

    def artefact(self, digest: str) -> Path:
        """Path of an artefact, checked at least once by this process.

        Raises:
            CertificateDamaged: when it is missing or not what it was; it will be made again.
        """

    def note(self, digest: str) -> None:
        """Note that something, named by a digest of all it depends on, was found true."""

    def noted(self, digest: str) -> bool:
        """Whether something was noted before."""

    def forget(self) -> None:
        """Drop what is kept in memory."""
