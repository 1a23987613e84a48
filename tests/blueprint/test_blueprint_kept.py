"""A book kept as bytes comes back as it was read, or not at all."""

from __future__ import annotations

import os
import pickle
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.blueprint import make_book
from blueprint import Blueprint, DependencyGraph, read_blueprint
from blueprint.kept import keep, kept

DEMO = Path(__file__).parents[2] / "lean_project" / "blueprint"


def signed(data: bytes) -> bytes:
    """Bytes with the digest that a whole book has in front."""
    return sha256(data).digest() + data


def test_a_kept_book_is_the_book_that_was_read_node_by_node_and_edge_by_edge(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    make_book(made, 120, 2, 1)
    for folder in (DEMO, made):
        book = read_blueprint(folder)
        again = kept(keep(book))
        assert again == book
        assert again is not None
        assert list(again.by_label) == list(book.by_label)
        edges = DependencyGraph(book).edges
        assert DependencyGraph(again).edges == edges
        assert edges


@settings(max_examples=60)
@given(st.data())
def test_bytes_that_are_damaged_anywhere_are_no_book(data: st.DataObject) -> None:
    whole = bytearray(keep(_small()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    assert kept(bytes(whole)) is None
    assert kept(bytes(whole[:place])) is None


class Hostile:
    """What asks to run a command when it is read."""

    def __reduce__(self) -> Any:
        return os.mkdir, (str(Path(tempfile.gettempdir()) / "a-book-that-ran"),)


def test_a_file_that_asks_for_anything_but_records_of_a_book_runs_nothing() -> None:
    for hostile in (Hostile(), [Hostile()], {"book": Path("/")}, "no book", os.mkdir):
        assert kept(signed(pickle.dumps(hostile))) is None
    assert not (Path(tempfile.gettempdir()) / "a-book-that-ran").exists()


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_no_book_and_raise_nothing(data: bytes) -> None:
    assert kept(data) is None
    assert kept(signed(data)) is None


def _small() -> Blueprint:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "web.tex")
        root.write_text(
            r"\documentclass{report}\usepackage{blueprint}\newtheorem{lemma}{Lemma}\begin{document}"
            r"\begin{lemma}\label{a}\lean{A} $x$ \end{lemma}\begin{proof} p \end{proof}\end{document}"
        )
        return read_blueprint(root)
