"""Where certificates and compiled modules are kept on this disk, by what they are made from."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.build.certificate import Certificate
from checker.build.scratch import Scratch
from checker.build.sealed import SealedFolder, write_whole
from checker.errors import CertificateDamaged

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEMBERED: Final = 20_000
"""Certificates kept in memory."""


class CertificateStore:
    """The `Certificates` of a folder: certificates by key, and artefacts by their SHA-256.

    Several threads and processes may share it: a file appears complete or not at all, and never changes. What is
    read is checked against its digest; a damaged certificate counts as missing, and is made again.

    Attributes:
        folder: all of it.
        objects: the artefacts.
        scratch: for unfinished files of this store object alone; what killed processes left is cleared away.
        kept: what else was worked out and is read often.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.objects = self.folder / "objects"
        self._certificates = self.folder / "certificates"
        for each in (self._certificates, self.folder / "notes", self.objects, self.folder / "scratch"):
            each.mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(self.folder / "scratch")
        self.scratch = self._scratch.folder
        self.kept = SealedFolder(self.folder / "kept", self.scratch)
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, Certificate] = OrderedDict()
        self._verified: set[str] = set()
        self._notes: set[str] = set()

    @property
    def local(self) -> CertificateStore:
        """This one."""
        return self

    def get(self, key: str) -> Certificate | None:
        """The certificate of a key; None when there is none that can be trusted."""
        with self._lock:
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        try:
            with open(self._certificate_path(key), "rb") as file:  # noqa: PTH123 - thousands at a time
                stored = file.read()
        except FileNotFoundError:
            return None
        seal, _, text = stored.partition(b"\n")
        if sha256(text).hexdigest().encode() != seal:
            return None
        certificate = Certificate.recognised(text, key)
        if certificate is None or not all(self._present(each) for each in certificate.artefacts.values()):
            return None
        self._remember(certificate)
        return certificate

    def put(self, certificate: Certificate, artefacts: Mapping[str, bytes]) -> Certificate:
        """Keep a certificate and its artefacts.

        Args:
            certificate: the digests of the artefacts stand in it.
            artefacts: contents by suffix.

        Returns:
            The certificate, the one that was there first where there was one.
        """
        for suffix, digest in certificate.artefacts.items():
            self.keep(digest, artefacts[suffix])
        text = certificate.to_json()
        seal = sha256(text.encode()).hexdigest()
        write_whole(Path(self._certificate_path(certificate.key)), f"{seal}\n{text}".encode(), self.scratch)
        self._remember(certificate)
        return certificate

    def keep(self, digest: str, data: bytes) -> Path:
        """Keep an artefact, which has this SHA-256, and answer its path."""
        assert sha256(data).hexdigest() == digest
        path = Path(self._object_path(digest))
        write_whole(path, data, self.scratch)
        self._verified.add(digest)
        return path

    def artefact(self, digest: str) -> Path:
        """Path of an artefact whose bytes were checked at least once by this process.

        Raises:
            CertificateDamaged: when it is missing or not what it was; it is removed, to be made again.
        """
        path = Path(self._object_path(digest))
        if digest not in self._verified:
            try:
                sound = sha256(path.read_bytes()).hexdigest() == digest
            except FileNotFoundError:
                sound = False
            if not sound:
                path.unlink(missing_ok=True)
                self.forget()
                raise CertificateDamaged(f"The artefact {path} is missing or was changed; it has to be made again.")
            self._verified.add(digest)
        return path

    def note(self, digest: str) -> None:
        """Note that something, named by a digest of all it depends on, was found true."""
        write_whole(self.folder / "notes" / digest[:2] / digest, b"", self.scratch)
        self._notes.add(digest)

    def noted(self, digest: str) -> bool:
        """Whether something was noted before."""
        if digest not in self._notes and (self.folder / "notes" / digest[:2] / digest).is_file():
            self._notes.add(digest)
        return digest in self._notes

    def forget(self) -> None:
        """Drop what is kept in memory; the folder stays."""
        with self._lock:
            self._memory.clear()
            self._verified.clear()
            self._notes.clear()

    def _remember(self, certificate: Certificate) -> None:
        with self._lock:
            self._memory[certificate.key] = certificate
            while len(self._memory) > REMEMBERED:
                self._memory.popitem(last=False)

    def _present(self, digest: str) -> bool:
        return digest in self._verified or os.path.isfile(self._object_path(digest))  # noqa: PTH113 - as above

    # Plain strings: a build of thousands of modules looks for tens of thousands of files.
    def _certificate_path(self, key: str) -> str:
        return f"{self._certificates}/{key[:2]}/{key}"

    def _object_path(self, digest: str) -> str:
        return f"{self.objects}/{digest[:2]}/{digest}"
