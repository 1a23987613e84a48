"""Books kept between two readings: a `Blueprint` as bytes, and back.

The bytes are a pickle of plain records only. Whatever else a file may ask for is refused, so that reading one back runs
nothing: the worst that bytes from elsewhere can do is to be no book.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.book import Blueprint, Chapter, Entry, Passage
from blueprint.node import Marks, Node, Place, Proof, Tag
from blueprint.problem import Problem
from blueprint.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable

_RECORDS = {
    (each.__module__, each.__qualname__): each
    for each in (Blueprint, Chapter, Entry, Marks, Node, Passage, Place, Problem, Proof, Tag)
}

_DIGEST = 32
"""Bytes of the digest in front of all, which tells whether the rest is whole."""


def keep(blueprint: Blueprint) -> bytes:
    """Return a book as bytes."""
    written = io.BytesIO()
    _Writer(written, protocol=5).dump(blueprint)
    return sha256(written.getvalue()).digest() + written.getvalue()


def kept(data: bytes) -> Blueprint | None:
    """Return the book that `keep` made bytes of; ``None`` where they are no whole book."""
    view = memoryview(data)
    if sha256(view[_DIGEST:]).digest() != view[:_DIGEST]:
        return None
    try:
        with uncollected():
            found = _Reader(io.BytesIO(view[_DIGEST:])).load()
    except (pickle.UnpicklingError, EOFError, TypeError, ValueError, LookupError, AttributeError):
        return None
    return found if isinstance(found, Blueprint) else None


@cache
def reader_stamp() -> str:
    """Return what changes whenever the program that reads books does: a book is kept for that very one."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    seen = ((file.name, status.st_size, status.st_mtime_ns) for file in code for status in (file.stat(),))
    return sha256(repr(list(seen)).encode()).hexdigest()


class _Writer(pickle.Pickler):
    """Writes a record as its class and the values of its fields."""

    def reducer_override(self, written: Any) -> Any:
        if not is_dataclass(written) or isinstance(written, type):
            return NotImplemented
        return type(written), tuple([getattr(written, name) for name in _names(type(written))])


@cache
def _names(record: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(record))


class _Reader(pickle.Unpickler):
    """Knows the records of a book, and nothing else."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        record = _RECORDS.get((module, name))
        if record is None:
            raise pickle.UnpicklingError(f"A book holds no {module}.{name}.")
        return record
