"""The application: its commands, and how errors become one sentence and an exit code.

Exit codes: 0 all is well; 1 the answer is no (problems found, nodes given up, budget spent); 2 wrong input;
3 the campaign is busy; 4 git; 5 the store, or a full disk; 6 a service; 7 Lean, the sandbox or the model; 8 a forge
refused; 130 interrupted.

A command imports what it needs when it is called, so that ``blueprover check`` does not wait for Celery to load.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from typer.main import get_command_name

from blueprint import BlueprintError
from coordinator.cli.accounts import cost, failures
from coordinator.cli.book import check
from coordinator.cli.campaign import demo, init, run, status
from coordinator.cli.draft import draft
from coordinator.cli.graph import graph
from coordinator.cli.host import doctor, worker
from coordinator.cli.inspection import inspect
from coordinator.cli.issues import issue
from coordinator.cli.merge import merge_driver, merge_file
from coordinator.cli.plan import plan
from coordinator.cli.pull_requests import pr
from coordinator.cli.simulate import simulate
from coordinator.cli.steering import boost, pause, resume, retry, skip, stop
from coordinator.cli.store import backup, export, log, migrate, restore
from coordinator.cli.uses import uses
from coordinator.cli.verify import verify
from coordinator.errors import CoordinatorError
from coordinator.full_disk import if_there_is_room, is_full

if TYPE_CHECKING:
    from typer.models import CommandInfo

INTERRUPTED = 130
WRONG_INPUT = 2
NO_ENGINE = 7
NO_ROOM = 5
NOT_READ = 1

app = typer.Typer(
    name="blueprover",
    help="Turns a mathematics text into verified Lean 4, with many agents on one git repository.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(demo)
app.command()(init)
app.command()(plan)
app.command()(run)
app.command()(status)
app.command()(pause)
app.command()(resume)
app.command()(stop)
app.command()(failures)
app.command()(retry)
app.command()(skip)
app.command()(boost)
app.command()(cost)
app.add_typer(issue)
app.add_typer(pr)
app.command()(check)
app.command()(graph)
app.command()(uses)
app.command()(draft)
app.command()(verify)
app.command()(inspect)
app.command()(merge_file)
app.command()(merge_driver)
app.command()(doctor)
app.command()(worker)
app.command()(simulate)
app.command()(log)
app.command()(export)
app.command()(backup)
app.command()(restore)
app.command()(migrate)


def main() -> None:
    """Runs the command line; expected errors end it with one sentence and their exit code."""
    try:
        _only(sys.argv[1:2])()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        if not isinstance(error, BrokenPipeError):
            _complain(error)
        _write_no_more()
        sys.exit(code)


def _complain(error: Exception) -> None:
    said = f"{error}; make room, then do it again." if is_full(error) else str(error)
    with if_there_is_room():
        Console(stderr=True).print(f"[red]error:[/red] {escape(said)}", highlight=False, soft_wrap=True)


def _write_no_more() -> None:
    """What could not be written to a closed pipe or a full disk would be tried, and complained about, at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with if_there_is_room(), suppress(BrokenPipeError):
            stream.flush()
        os.dup2(nowhere, stream.fileno())


def _only(called: list[str]) -> typer.Typer:
    """The application without commands other than the one called: to build all takes longer than most need to run."""
    chosen = [each for each in app.registered_commands if _name_of(each) in called]
    small = copy(app)
    small.registered_commands = chosen or app.registered_commands
    return small


def _name_of(command: CommandInfo) -> str:
    return command.name or get_command_name(command.callback.__name__ if command.callback else "")


def _exit_code(error: Exception) -> int | None:
    """The documented exit code of an expected error; ``None`` for a bug, whose traceback is wanted."""
    if isinstance(error, CoordinatorError):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return NOT_READ
    if is_full(error):
        return NO_ROOM
    if isinstance(error, BlueprintError):
        return WRONG_INPUT
    from agents import AgentError
    from checker import CheckerError
    from website import WebsiteError

    return NO_ENGINE if isinstance(error, (AgentError, CheckerError, WebsiteError)) else None
