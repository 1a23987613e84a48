"""Makes a repository merge some of its files with a program of ours: a merge driver, as git calls it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coordinator.errors import GitError
from coordinator.git.runner import Runner

DRIVER = "blueprover"
"""What the driver is called in configuration and attributes."""
RULE = f"*.lean merge={DRIVER}"
_SECTION = f"merge.{DRIVER}"


@dataclass(frozen=True, slots=True)
class Installed:
    """Where a driver is set up.

    Attributes:
        repository: the folder of git's own files.
        attributes: the file that says which files it merges.
    """

    repository: Path
    attributes: Path


def install_driver(folder: Path, command: str, *, shared: bool) -> Installed:
    """Sets a program up as the driver for Lean files; harmless where it is.

    Args:
        folder: a folder of the repository, or a bare one.
        command: what git runs, with its ``%`` words.
        shared: whether the rule stands in ``.gitattributes``, which can be committed, and not in git's own files.

    Raises:
        GitError: `folder` is in no repository, or has no work tree for a shared rule, or git refused.
    """
    runner = Runner(folder, discover=True)
    found = _places(runner, folder, shared=shared)
    runner.run("config", "--local", f"{_SECTION}.name", "merges Lean files declaration by declaration")
    runner.run("config", "--local", f"{_SECTION}.driver", command)
    rules = _rules(found.attributes)
    if RULE not in rules:
        _write(found.attributes, [*rules, RULE])
    return found


def remove_driver(folder: Path) -> Installed:
    """Takes the driver and its rule out of git's own files; a rule in ``.gitattributes`` is left to people.

    Raises:
        GitError: `folder` is in no repository, or git refused.
    """
    runner = Runner(folder, discover=True)
    found = _places(runner, folder, shared=False)
    if runner.attempt("config", "--local", "--get", f"{_SECTION}.driver").status == 0:
        runner.run("config", "--local", "--remove-section", _SECTION)
    rules = _rules(found.attributes)
    if RULE in rules:
        _write(found.attributes, [rule for rule in rules if rule != RULE])
    return found


def _places(runner: Runner, folder: Path, *, shared: bool) -> Installed:
    answer = runner.attempt("rev-parse", "--git-common-dir")
    if answer.status != 0:
        raise GitError(f"{folder} is in no git repository; name a folder of one.")
    common = (folder / answer.text).resolve()
    if not shared:
        return Installed(common, common / "info" / "attributes")
    top = runner.attempt("rev-parse", "--show-toplevel")
    if top.status != 0 or not top.text:
        raise GitError(f"{folder} has no work tree that .gitattributes could stand in; leave --shared out.")
    return Installed(common, Path(top.text) / ".gitattributes")


def _rules(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GitError(f"{path} cannot be read: {error.strerror}.") from error


def _write(path: Path, rules: list[str]) -> None:
    if path.is_symlink():  # what a repository holds may lead anywhere
        raise GitError(f"{path} is a link; make it a file.")
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{rule}\n" for rule in rules), encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise GitError(f"{path} cannot be written: {error.strerror}.") from error
