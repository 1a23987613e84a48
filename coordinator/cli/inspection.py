"""The command that reads a compiled module."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from coordinator.verify.inspection import Inspection

_SHOWN = 10
"""Characters of a digest that a person is shown."""


def inspect(
    file: Annotated[Path, typer.Argument(help="A compiled module's .olean file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    path: Annotated[
        list[Path] | None, typer.Option(metavar="ROOT", help="A folder of compiled modules to follow imports in.")
    ] = None,
    module: Annotated[str | None, typer.Option(metavar="NAME", help="The module's name.")] = None,
) -> None:
    """Tell what a compiled Lean module declares, without running Lean."""
    from coordinator.verify.inspection import inspect_module

    found = inspect_module(file, path or (), module)
    if as_json:
        typer.echo(json.dumps(_data(found), ensure_ascii=True, indent=2))
    else:
        _print(found)


def _data(found: Inspection) -> dict[str, Any]:
    return {
        "module": found.module,
        "interface_digest": found.compiled.interface_digest,
        "lean": " ".join(found.compiled.version.split()),
        "parts": list(found.parts),
        "imports": list(found.compiled.imports),
        "constants": [
            {
                "name": each.name,
                "kind": each.declaration.kind,
                "type_digest": each.declaration.type_digest,
                "value_digest": each.declaration.value_digest,
                "meaning_digest": each.meaning_digest,
                "uses": list(each.declaration.uses),
                "axioms": list(each.axioms),
            }
            for each in found.constants
        ],
        "elsewhere": list(found.elsewhere),
    }


def _print(found: Inspection) -> None:
    console = Console()
    table = Table("constant", "kind", "meaning", "axioms", box=None, pad_edge=False, header_style="bold")
    for each in found.constants:
        axioms = Text(printable(", ".join(each.axioms)), "yellow" if "sorryAx" in each.axioms else "")
        name = Text(printable(each.name))
        table.add_row(name, Text(each.declaration.kind), Text(each.meaning_digest[:_SHOWN], "dim"), axioms)
    console.print(Text(printable(f"{found.module}: interface {found.compiled.interface_digest}")), soft_wrap=True)
    if found.constants:
        console.print(table)
    count = len(found.elsewhere)
    if count:
        console.print(Text(f"{count} constants declared elsewhere are followed by name only.", "dim"), soft_wrap=True)
