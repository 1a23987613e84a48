r"""Made-up books: a LaTeX blueprint of any size, in chapters, with the shape that real ones have.

Most of what a node uses stands shortly before it in its own chapter, some of it anywhere before; one node in five is
a definition. The text is nonsense, but its commands are those of every blueprint, and the real reader reads it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIBRARY = "Simulated"
"""Name of the Lean library of a made-up book."""

ROOT = "blueprint/src/web.tex"
"""Path of the book's root file."""

CHAPTER_NODES = 50

_DEFINITIONS = 0.2
_ABROAD = 0.3
"""Share of the edges that lead to any earlier node, not to one of the same chapter."""
_MOST_USES = 3


def write_book(nodes: int, seed: int) -> Mapping[str, str]:
    """The files of a book of `nodes` nodes, by path; the same for the same `seed`."""
    rng = random.Random(f"book/{seed}")  # noqa: S311 - lots, not secrets
    chapters = range(0, nodes, CHAPTER_NODES)
    inputs = "".join(f"\\input{{chapter{start // CHAPTER_NODES + 1}}}\n" for start in chapters)
    root = (
        "\\documentclass{report}\n\\usepackage{amsmath, amsthm}\n\\usepackage[dep_graph]{blueprint}\n"
        f"\\title{{A simulated book of {nodes} nodes}}\n\\begin{{document}}\n{inputs}\\end{{document}}\n"
    )
    files = {ROOT: root}
    for start in chapters:
        number = start // CHAPTER_NODES + 1
        text = "\n".join(_chapter(number, range(start, min(nodes, start + CHAPTER_NODES)), rng))
        files[f"blueprint/src/chapter{number}.tex"] = f"{text}\n"
    return files


def _chapter(number: int, members: range, rng: random.Random) -> Iterator[str]:
    yield f"\\chapter{{Chapter {number}}}\n"
    for node in members:
        uses = sorted({_earlier(node, members.start, rng) for _ in range(rng.randint(0, _MOST_USES))} - {node})
        yield from _definition(node, uses) if rng.random() < _DEFINITIONS else _theorem(node, uses, rng)


def _earlier(node: int, start: int, rng: random.Random) -> int:
    """A node before `node`; `node` itself where there is none."""
    first = 0 if start == node or rng.random() < _ABROAD else start
    return rng.randrange(first, node) if node > first else node


def _definition(node: int, uses: list[int]) -> Iterator[str]:
    yield f"\\begin{{definition}}\\label{{{label(node)}}}\\lean{{{LIBRARY}.{label(node)}}}{_uses(uses)}"
    yield f"The thing of the number ${node}$ is what the things before it make.\n\\end{{definition}}\n"


def _theorem(node: int, uses: list[int], rng: random.Random) -> Iterator[str]:
    stated = [each for each in uses if rng.random() < 0.5]  # noqa: PLR2004 - half of them
    yield f"\\begin{{theorem}}\\label{{{label(node)}}}\\lean{{{LIBRARY}.{label(node)}}}{_uses(stated)}"
    yield f"Whatever holds of ${node}$ holds of ${node} + 0$.\n\\end{{theorem}}"
    yield f"\\begin{{proof}}{_uses([each for each in uses if each not in stated])}"
    yield "By what stands before, and since adding nothing changes nothing.\n\\end{proof}\n"


def _uses(nodes: list[int]) -> str:
    return f"\\uses{{{', '.join(map(label, nodes))}}}" if nodes else ""


def label(node: int) -> str:
    """The label of the node of this number, which is the last part of its Lean name too."""
    return f"n{node}"
