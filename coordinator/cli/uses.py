r"""The command that compares what a book says it uses with what its Lean uses."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from blueprint import DependencyGraph

if TYPE_CHECKING:
    from blueprint.comparison import Comparison
    from blueprint.drift import Drift
    from blueprint.reality import Reality
    from coordinator.verify.lean_reading import LeanReading

_UNUSED = {
    "proof": "only its proof uses",
    "indirectly": "by way of other nodes only, Lean uses",
    "nowhere": "Lean does not use",
}


def uses(
    path: Annotated[Path, typer.Argument(help="A blueprint's root .tex file, or a folder that holds one.")],
    compare: Annotated[Path, typer.Option(metavar="FOLDER", help="The top folder of the Lean project.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    certificates: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where compiled modules are kept for the next time.")
    ] = None,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, or none in so many words.")] = "bubblewrap",
) -> None:
    r"""Compare the author's \uses and \leanok with what the compiled Lean says.

    Exits with 1 when a dependency is missing, a mark claims too much, or a module does not compile.
    """
    from blueprint import read_blueprint
    from blueprint.comparison import compare_uses
    from blueprint.drift import drifts
    from blueprint.reality import Reality
    from coordinator.verify.lean_reading import read_lean

    book = read_blueprint(path)
    reading = read_lean(compare, sandbox, certificates)
    reality = Reality(book, reading.evidence)
    found = compare_uses(DependencyGraph(book), reality)
    drifted = drifts(book, reading.evidence)
    if as_json:
        typer.echo(json.dumps(_data(reality, found, drifted, reading), ensure_ascii=False, indent=2))
    else:
        _print(reality, found, drifted, reading)
    if found.missing or reading.failures or any(each.kind.claims_too_much for each in drifted):
        raise typer.Exit(1)


def _data(reality: Reality, found: Comparison, drifted: tuple[Drift, ...], reading: LeanReading) -> dict[str, Any]:
    places = reality.book.by_label
    at = {label: {"file": node.place.file, "line": node.place.line} for label, node in places.items()}
    return {
        "compared": len(reality.nodes),
        "missing": [
            {"node": each.label, "uses": each.uses, "in": each.part, "through": list(each.through), **at[each.label]}
            for each in found.missing
        ],
        "unused": [
            {"node": each.label, "uses": each.uses, "in": each.part, "found": each.found, **at[each.label]}
            for each in found.unused
        ],
        "drift": [
            {
                "node": each.label,
                "kind": each.kind.value,
                "declaration": each.declaration,
                "message": each.message,
                "file": each.place.file,
                "line": each.place.line,
            }
            for each in drifted
        ],
        "silent": list(found.silent),
        "failures": [{"module": module, "reason": reason} for module, reason in reading.failures.items()],
        "edges": [
            {"from": link.source, "to": link.target, "in": link.part, "origin": link.origin} for link in reality.links()
        ],
    }


def _print(reality: Reality, found: Comparison, drifted: tuple[Drift, ...], reading: LeanReading) -> None:
    places = {label: f"{node.place.file}:{node.place.line}" for label, node in reality.book.by_label.items()}
    for module, reason in reading.failures.items():
        _say(f"{module} does not compile: {reason}")
    for missing in found.missing:
        way = f", through {', '.join(missing.through)}" if missing.through else ""
        _say(
            f"{places[missing.label]}: missing: the {missing.part} of “{missing.label}” uses “{missing.uses}”{way}; "
            f"add it to the \\uses of the {missing.part}."
        )
    for unused in found.unused:
        _say(
            f"{places[unused.label]}: unused: the {unused.part} of “{unused.label}” names “{unused.uses}”: "
            f"{_UNUSED[unused.found]} it."
        )
    for each in drifted:
        _say(f"{each.place.file}:{each.place.line}: drift: “{each.label}”: {each.message}")
    _say(
        f"{len(reality.nodes)} nodes compared: {len(found.missing)} missing, {len(found.unused)} unused, "
        f"{len(drifted)} drifted; Lean says nothing of {len(found.silent)} nodes."
    )


def _say(text: str) -> None:
    Console(soft_wrap=True).print(text, highlight=False, markup=False)
