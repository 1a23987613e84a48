"""The mistakes a rehearsal makes on purpose, read from its YAML file."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import RehearsalError


class Slip(BaseModel):
    """A statement first written wrongly, though Lean accepts it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    find: str = Field(min_length=1)
    """What stands in the true statement."""
    put: str
    """What is written instead."""
    complaint: str = Field(min_length=1)
    """What the reviewer says of it."""


class SharedFile(BaseModel):
    """A helper file into which several proofs each put a lemma of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    """The helper file."""
    lemmas: dict[str, str] = Field(min_length=2)
    """Node label to the name of the lemma its proof puts there."""
    words: dict[str, str] = Field(default_factory=dict)
    """Node label to what its author writes as the lemma's documentation, in place of the answer's."""
    wait_seconds: float = Field(20.0, ge=0)
    """How long their authors wait for one another, so that they start from the same base."""


class Rehearsal(BaseModel):
    """What `rehearsal.yaml` says. Nodes are named by their labels in the blueprint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: Path
    """Folder of the finished formalization, relative to the YAML file."""
    think_seconds: float = Field(0.05, ge=0)
    """How long each answer takes."""
    wrong_proof: dict[str, str] = Field(default_factory=dict)
    """Node to the proof term tried first, which Lean rejects; the author then repairs it."""
    sent_back: dict[str, Slip] = Field(default_factory=dict)
    """Node to the slip in its first statement, which the reviewer sends back."""
    left_sorry: tuple[str, ...] = ()
    """Nodes whose author first hands in a proof that is still `sorry`."""
    give_up: dict[str, str] = Field(default_factory=dict)
    """Node to the reason why the author of its first proof attempt gives up."""
    shared_file: SharedFile | None = None
    """Branches that touch one file."""
    rate_limit_after: int | None = Field(None, ge=1)
    """The request after this many is answered with 429, once."""
    drop_after: int | None = Field(None, ge=1)
    """The request after this many has its connection dropped in the middle of the answer, once."""


def read_rehearsal(path: Path) -> Rehearsal:
    """Read a rehearsal's YAML; its folder of answers becomes absolute.

    Raises:
        RehearsalError: the file is missing, no YAML, or says something else than a rehearsal.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        rehearsal = Rehearsal.model_validate(data)
    except OSError as error:
        raise RehearsalError(f"the rehearsal's script {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RehearsalError(f"the rehearsal's script {path} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RehearsalError(f"the rehearsal's script {path} is wrong at {place}: {first['msg']}") from error
    answers = (path.parent / rehearsal.answers).resolve()
    if not answers.is_dir():
        raise RehearsalError(f"the rehearsal's answers are not there: {answers} is no folder")
    return rehearsal.model_copy(update={"answers": answers})
