"""The command line within the test's own process: what it prints, and the expected error that it ends with."""

from __future__ import annotations

from typer.testing import CliRunner

from coordinator.cli import app
from coordinator.errors import CoordinatorError


def said(*arguments: str) -> str:
    """What a command prints.

    Raises:
        Exception: what it ended with.
    """
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> tuple[int, str]:
    """The exit code and the sentence of a command that is refused."""
    try:
        said(*arguments)
    except CoordinatorError as error:
        return error.exit_code, str(error)
    raise AssertionError(arguments)
