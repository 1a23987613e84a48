"""Running git on one repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS = 120.0
"""How long one command, or one answer, may take."""
MOST_OUTPUT = 1 << 30
"""Bytes of output after which a command is stopped."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    status: int
    output: bytes
    complaint: str

    @property
    def text(self) -> str:
        """The output as text, without the end of its last line."""
        return self.output.decode("utf-8", "replace").removesuffix("\n")


class Runner:
    """Runs git on the repository at `path`. May be used by several threads.

    Args:
        path: the bare repository.
        discover: whether `path` is any folder, and git is to find out what repository it is in.
    """

    def __init__(self, path: Path, *, discover: bool = False) -> None:
        self.path = path
        self._discover = discover

    def run(
        self,
        *arguments: str,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Answer:
        """Runs a command that is to succeed; otherwise like `attempt`.

        Raises:
            GitError: it failed, took too long or wrote too much.
        """
        answer = self.attempt(*arguments, given=given, environment=environment, folder=folder)
        if answer.status != 0:
            raise GitError(f"git {arguments[0]} failed in {self.path}: {answer.complaint or f'exit {answer.status}'}")
        return answer

    def attempt(
        self,
        *arguments: str,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        limit: int | None = None,
    ) -> Answer:
        """Runs a command and returns how it ended, whatever that is.

        Args:
            arguments: the command.
            given: its input.
            environment: what is added to the clean environment.
            folder: where it runs; the repository by default.
            limit: bytes of output after which it is stopped, as if it had ended; by default that is an error.

        Raises:
            GitError: it took too long or wrote too much.
        """
        talk = self.converse(*arguments, environment=environment, folder=folder)
        try:
            talk.say(given)
            talk.hang_up()
            most = MOST_OUTPUT if limit is None else limit
            output = talk.rest(most + 1)
            if len(output) <= most:
                return Answer(talk.end(), output, talk.complaint)
        finally:
            talk.close()
        if limit is None:
            raise GitError(f"git {arguments[0]} wrote more than {most} bytes in {self.path} and was stopped.")
        return Answer(0, output[:most], "")

    def converse(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        farewell: bytes | None = None,
    ) -> Conversation:
        """Starts a command that is talked to; whoever calls closes it.

        Args:
            arguments: the command.
            environment: what is added to the clean environment.
            folder: where it runs; the repository by default.
            farewell: what makes it end in good order, for one that is kept running.

        Raises:
            GitError: git is not installed.
        """
        place = {} if self._discover else {"GIT_DIR": str(self.path.resolve())}
        return Conversation(
            *arguments,
            environment={**place, **(environment or {})},
            folder=folder or self.path,
            seconds=SECONDS,
            farewell=farewell,
        )
