"""The command that judges a change between two revisions of a repository."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from coordinator.cli.plain import printable
from coordinator.errors import InputError

if TYPE_CHECKING:
    from checker.gate.change import Stage
    from coordinator.verify.verification import Verdict

_SHOWN = 10
"""Characters of a commit or digest that a person is shown."""


def verify(
    project: Annotated[Path, typer.Argument(help="Top folder of a git repository, a bare one, or a campaign.")],
    base: Annotated[str, typer.Option(metavar="REV", help="The revision that is trusted.")],
    head: Annotated[str, typer.Option(metavar="REV", help="The revision that is judged.")],
    target: Annotated[
        str | None, typer.Option(metavar="DECLARATION", help="Full Lean name of what the change is about.")
    ] = None,
    stage: Annotated[str | None, typer.Option(help="What the change is meant to be: statement or proof.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    certificates: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where compiled modules are kept for the next time.")
    ] = None,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, or none in so many words.")] = "bubblewrap",
    lean: Annotated[
        Literal["auto", "embedded", "lake"], typer.Option(help="Which Lean judges; auto finds it.")
    ] = "auto",
    comparator: Annotated[
        bool, typer.Option("--comparator/--no-comparator", help="Have the toolchain's own comparator judge last.")
    ] = True,
    packages: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A trusted project of lake here whose packages are compiled.")
    ] = None,
) -> None:
    """Judge whether a change may land, as the gate does. Exits with 1 when it is refused."""
    from coordinator.verify.verification import Question
    from coordinator.verify.verification import verify as ask

    if stage not in (None, "statement", "proof"):
        raise InputError(f"There is no stage {stage!r}: choose statement or proof.")
    kind: Stage | None = stage  # type: ignore[assignment]  # it is one of the two
    verdict = ask(Question(project, base, head, target, kind, sandbox, certificates, lean, packages, comparator))
    if as_json:
        typer.echo(json.dumps(_data(verdict, sandbox), ensure_ascii=False, indent=2))
    else:
        _print(verdict, sandbox)
    if not verdict.judgement.accepted:
        raise typer.Exit(1)


def _data(verdict: Verdict, sandbox: str) -> dict[str, Any]:
    judgement = verdict.judgement
    return {
        "accepted": judgement.accepted,
        "reasons": [
            {"code": each.code.value, "message": each.message, "file": each.file or None, "line": each.line or None}
            for each in judgement.reasons
        ],
        "axioms": {name: list(found) for name, found in judgement.axioms.items()},
        "modules": [
            {"name": each.name, "interface_digest": each.interface_digest or None, "certified": each.certified}
            for each in verdict.modules
        ],
        "conditional": judgement.accepted and bool(judgement.assumes),
        "assumes": list(judgement.assumes),
        "stage": verdict.stage,
        "target": verdict.target,
        "module": verdict.module,
        "lock": judgement.lock,
        "base": verdict.base,
        "head": verdict.head,
        "sandbox": sandbox,
        "lean": verdict.lean,
        "compared": judgement.compared,
        "certificate": verdict.certificate or None,
    }


def _print(verdict: Verdict, sandbox: str) -> None:
    console = Console(soft_wrap=True)
    judgement = verdict.judgement
    what = f"{verdict.stage} of {verdict.target}" if verdict.target else "plain change"
    answer = Text("accepted", "bold green") if judgement.accepted else Text("refused", "bold red")
    where = f": {what}, from {verdict.base[:_SHOWN]} to {verdict.head[:_SHOWN]}"
    console.print(answer + Text(where, "none"), highlight=False)
    for reason in judgement.reasons:
        place = printable(f"{reason.file}:{reason.line}" if reason.line else reason.file)
        line = (
            Text(f"  {place}: " if place else "  ")
            + Text(reason.code.value, "red")
            + Text(printable(f": {reason.message}"))
        )
        console.print(line, highlight=False)
    if judgement.accepted and judgement.assumes:
        console.print(Text(printable(f"  conditional on {', '.join(judgement.assumes)}"), "yellow"), highlight=False)
    for name, found in judgement.axioms.items():
        console.print(Text(printable(f"  {name} rests on {', '.join(found) or 'no axiom'}")), highlight=False)
    for module in verdict.modules:
        digest = f"interface {module.interface_digest[:_SHOWN]}" if module.certified else "not certified"
        console.print(Text(f"  {module.name}: {digest}", "dim"), highlight=False)
    if verdict.certificate:
        console.print(Text(f"  certificate {verdict.certificate}", "dim"), highlight=False)
    if sandbox == "none":
        console.print(Text("  sandbox: none (what was judged ran as you)", "yellow"), highlight=False)
