"""Certificates: what the checker knows of one module, under the key of everything it depends on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from checker.kernel.declaration import Declaration
from checker.lean.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Mapping

Failure = Literal[
    "errors", "timeout", "memory", "crash", "output", "processes", "missing-import", "import-failed", "import-cycle",
    "header", "unreadable", "no-source",
]  # fmt: skip
"""Why a module has no artefacts: Lean's errors, a limit by name, or something before Lean."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the checker knows of one module.

    Attributes:
        module: the module's name.
        key: digest of toolchain, options, source, and the interfaces of what the module can see.
        source_digest: SHA-256 of the source's bytes.
        interface_digest: what importers see of it; empty when it did not compile.
        private_digest: what ``import all`` shows besides, proofs included; empty when it did not compile.
        imports: every module the key depends on, with the digest of what is visible of it.
        diagnostics: what Lean said, in its order.
        declarations: what the compiled module declares, by full name.
        extensions: names of Lean's environment extensions in which the module recorded something.
        failure: why there are no artefacts; None when Lean accepted the file.
        detail: one sentence about the failure, where there is more to say than Lean's messages.
        artefacts: SHA-256 of each artefact by suffix, such as ``.olean``.
        seconds: wall time of the compilation that made it.
    """

    module: str
    key: str
    source_digest: str
    interface_digest: str
    private_digest: str
    imports: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    declarations: Mapping[str, Declaration]
    extensions: tuple[str, ...] = ()
    failure: Failure | None = None
    detail: str = ""
    artefacts: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether Lean accepted the module."""
        return self.failure is None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The messages that refuse it."""
        return tuple(d for d in self.diagnostics if d.severity == "error")

    def to_json(self) -> str:
        """Write it as one JSON object, byte for byte the same for equal certificates."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when it is something else.
        """
        data: dict[str, Any] = json.loads(text)
        data["diagnostics"] = tuple(Diagnostic(**each) for each in data["diagnostics"])
        data["declarations"] = {
            name: Declaration(
                each["kind"],
                each["type_digest"],
                each["value_digest"],
                tuple(each["type_uses"]),
                tuple(each["value_uses"]),
                tuple(each["flags"]),
            )
            for name, each in data["declarations"].items()
        }
        data["extensions"] = tuple(data["extensions"])
        return cls(**data)

    @classmethod
    def recognised(cls, text: bytes, key: str) -> Certificate | None:
        """Read the certificate of a key; None when these bytes are none, or that of another key."""
        try:
            found = cls.from_json(text.decode())
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return found if found.key == key else None
