"""Git, and the only module that runs it.

A `Repository` is a bare repository: nobody ever checks out ``main``. Trees go to and from plain folders through a
private index; merges happen in memory; refs move by compare-and-set. Commands run with a clean environment: no
system or user configuration, no hooks, no terminal prompts, and a time limit.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from git.cmd import Git  # noqa: TID251 - this is the one module
from git.exc import GitCommandError, GitCommandNotFound  # noqa: TID251 - this is the one module

from coordinator.errors import GitError, RefMoved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAIN = "refs/heads/main"
ZERO = "0" * 40
OLDEST_GIT = (2, 38)
"""``merge-tree --write-tree`` came with this version."""

_TIME_LIMIT = 120.0
_OID = re.compile(r"^[0-9a-f]{40}$")
_REF = re.compile(r"^refs/(heads|attempts|candidates)/[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
_CONFLICT = 1

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "merge.conflictStyle=merge",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.version=2",
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ADVICE": "0",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit says it is from."""

    name: str
    email: str


BLUEPROVER = Identity("Blueprover", "coordinator@blueprover.invalid")


@dataclass(frozen=True, slots=True)
class Merge:
    """What joining two commits gave: a tree, or the paths in conflict."""

    tree: str
    conflicts: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether git joined every path by itself."""
        return not self.conflicts


def git_version() -> tuple[int, ...]:
    """The version of the installed git.

    Raises:
        GitError: there is no git.
    """
    try:
        text = str(Git().execute(["git", "--version"]))
    except GitCommandNotFound as error:
        raise GitError("git is not installed; install git 2.38 or later.") from error
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def require_git() -> None:
    """Refuses a git that is missing or too old.

    Raises:
        GitError: with the version found and the one needed.
    """
    version = git_version()
    if version < OLDEST_GIT:
        found = ".".join(map(str, version))
        raise GitError(f"git {found} is too old; {'.'.join(map(str, OLDEST_GIT))} or later can merge in memory.")


def attempt_ref(slug: str, number: int) -> str:
    """The branch of one attempt."""
    return f"refs/attempts/{slug}/{number}"


def candidate_ref(number: int) -> str:
    """The joined state of one pull request and ``main``, as builders fetch it."""
    return f"refs/candidates/{number}"


def work_tree_of(folder: Path) -> Path | None:
    """The git work tree `folder` is in, or ``None``."""
    try:
        status, out, _ = Git(str(folder)).execute(
            ["git", "rev-parse", "--show-toplevel"],
            with_extended_output=True,
            with_exceptions=False,
            env=_ENVIRONMENT,
        )
    except GitCommandNotFound as error:
        raise GitError("git is not installed; install git 2.38 or later.") from error
    return Path(str(out)) if status == 0 and out else None


def repository_of(folder: Path) -> Repository | None:
    """The repository whose work tree's top, or whose bare folder, `folder` is; ``None`` where it is neither.

    Raises:
        GitError: git is not installed.
    """
    repository = Repository(folder)
    environment = {"GIT_DIR": str((folder / ".git" if (folder / ".git").exists() else folder).resolve())}
    status, out, _ = repository._try("rev-parse", "--absolute-git-dir", environment=environment)  # noqa: SLF001
    return Repository(Path(out)) if status == 0 and out else None


class Repository:
    """A bare repository on this host. Methods may be called from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git = Git(str(path))

    @classmethod
    def create(cls, path: Path) -> Repository:
        """Makes a new bare repository at `path`, or opens the one that is there."""
        path.mkdir(parents=True, exist_ok=True)
        repository = cls(path)
        repository.initialize()
        return repository

    @classmethod
    def clone(cls, source: str, path: Path) -> Repository:
        """Makes a bare clone of ``HEAD`` of `source` whose branch is ``main``.

        Raises:
            GitError: `source` cannot be read or has no commit.
        """
        repository = cls.create(path)
        repository.fetch_as(source, "HEAD", MAIN)
        return repository

    def initialize(self) -> None:
        """Makes the repository on disk; harmless where it exists."""
        self._run("init", "--quiet", "--bare", "--initial-branch=main", ".")
        for name, value in (("uploadpack.allowAnySHA1InWant", "true"), ("receive.autogc", "false")):
            self._run("config", name, value)

    def head(self, ref: str = MAIN) -> str | None:
        """The commit a ref holds, or ``None``."""
        status, out, _ = self._try("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return out if status == 0 else None

    def resolve(self, revision: str) -> str | None:
        """The commit that a person's word for it names, such as a branch, a tag or ``HEAD~1``; else ``None``."""
        if not revision or "\0" in revision:
            return None
        status, out, _ = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return out if status == 0 and _OID.match(out) else None

    def has(self, commit: str) -> bool:
        """Whether the repository holds `commit`."""
        return self._try("cat-file", "-e", f"{_checked_oid(commit)}^{{commit}}")[0] == 0

    def is_ancestor(self, commit: str, descendant: str) -> bool:
        """Whether `commit` is `descendant` or among its ancestors."""
        return self._try("merge-base", "--is-ancestor", _checked_oid(commit), _checked_oid(descendant))[0] == 0

    def read(self, commit: str, path: str) -> bytes | None:
        """One file of a commit, or ``None`` where it has no such regular file."""
        status, out, _ = self._try_bytes("cat-file", "blob", f"{_checked_oid(commit)}:{path}")
        return out if status == 0 else None

    def read_blob(self, oid: str) -> bytes:
        """A file's content by its object name."""
        return self._try_bytes("cat-file", "blob", _checked_oid(oid))[1]

    def blobs(self, commit: str) -> dict[str, str]:
        """Object names of all files of a commit, by path."""
        out = self._run("ls-tree", "-r", "-z", _checked_oid(commit))
        rows = (row.split("\t", 1) for row in out.split("\0") if row)
        return {path: entry.split()[2] for entry, path in rows}

    def diff(self, base: str, head: str, limit: int = 200_000) -> str:
        """Unified diff of two commits, cut after `limit` characters."""
        text = self._run(
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            _checked_oid(base),
            _checked_oid(head),
        )
        return text if len(text) <= limit else f"{text[:limit]}\n[cut after {limit} characters]\n"

    def write_tree(self, folder: Path, base: str | None = None) -> str:
        """Stores every file below `folder` (ignore rules do not count) and returns the tree.

        Args:
            folder: the files.
            base: the commit whose files were exported there, if one was: the submodules it names, of which nothing
                is exported, are kept.
        """
        with tempfile.TemporaryDirectory(prefix="blueprover-index-") as scratch:
            environment = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(folder)}
            if base is not None:
                self._run("read-tree", _checked_oid(base), environment=environment)
            self._run("add", "--all", "--force", "--", ".", environment=environment, folder=folder)
            return self._run("write-tree", environment=environment)

    def export(self, commit: str, folder: Path) -> None:
        """Writes the files of a commit below `folder`, which must be empty or missing."""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="blueprover-index-") as scratch:
            environment = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(folder)}
            self._run("read-tree", _checked_oid(commit), environment=environment)
            self._run("checkout-index", "--all", f"--prefix={folder.resolve()}/", environment=environment)

    def commit(self, tree: str, parents: Sequence[str], message: str, author: Identity = BLUEPROVER) -> str:
        """Stores a commit of `tree` and returns it. No ref moves. Zero bytes, which git refuses, leave `message`."""
        environment = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_COMMITTER_NAME": BLUEPROVER.name,
            "GIT_COMMITTER_EMAIL": BLUEPROVER.email,
        }
        flags = [flag for parent in parents for flag in ("-p", _checked_oid(parent))]
        return self._run(
            "commit-tree", _checked_oid(tree), *flags, "-m", message.replace("\0", ""), environment=environment
        )

    def merge(self, ours: str, theirs: str) -> Merge:
        """Joins two commits in memory.

        Raises:
            GitError: git could not even try.
        """
        arguments = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages")
        status, out, err = self._try(*arguments, _checked_oid(ours), _checked_oid(theirs))
        if status not in (0, _CONFLICT):
            raise GitError(f"git could not merge {theirs[:10]} into {ours[:10]}: {err.strip()}")
        tree, *conflicts = [part for part in out.split("\0") if part]
        return Merge(tree, tuple(dict.fromkeys(conflicts)) if status == _CONFLICT else ())

    def move(self, ref: str, new: str, old: str | None) -> None:
        """Moves `ref` from `old` to `new` (``None``: the ref must be new), or changes nothing.

        Raises:
            RefMoved: the ref holds something else.
            GitError: git refused for another reason.
        """
        arguments = ("update-ref", _checked_ref(ref), _checked_oid(new), _checked_oid(old or ZERO))
        status, _, err = self._try(*arguments)
        if status == 0:
            return
        if self.head(ref) != old:
            raise RefMoved(f"{ref} moved away from {old} while {new[:10]} was to land.")
        raise GitError(f"git could not move {ref}: {err.strip()}")

    def put(self, ref: str, new: str) -> None:
        """Sets `ref` to `new` whatever it holds. Never for ``main``."""
        if ref == MAIN:
            raise GitError("main moves by compare-and-set only.")
        self._run("update-ref", _checked_ref(ref), _checked_oid(new))

    def fetch(self, remote: str, commits: Sequence[str]) -> None:
        """Gets `commits` from `remote`, those that are missing here.

        Raises:
            GitError: the remote is away or does not have them.
        """
        missing = [commit for commit in commits if not self.has(commit)]
        if missing:
            self._run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, *missing)

    def fetch_as(self, remote: str, source: str, ref: str) -> None:
        """Gets `source` of `remote` and keeps it here as `ref`.

        Raises:
            GitError: the remote is away or does not have it.
        """
        self._run("fetch", "--quiet", "--no-tags", remote, f"{source}:{_checked_ref(ref)}")

    def push(self, remote: str, commit: str, ref: str) -> None:
        """Sends `commit` to `ref` of `remote`, over whatever it held.

        Raises:
            GitError: the remote is away or refuses.
        """
        self._run("push", "--quiet", "--force", remote, f"{_checked_oid(commit)}:{_checked_ref(ref)}")

    def log(self, commit: str, limit: int = 1000) -> tuple[str, ...]:
        """Commits reachable through first parents from `commit`, newest first."""
        return tuple(self._run("rev-list", "--first-parent", f"--max-count={limit}", _checked_oid(commit)).split())

    def message(self, commit: str) -> str:
        """A commit's message."""
        return self._run("log", "-1", "--format=%B", _checked_oid(commit)).strip()

    def _run(self, *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
        status, out, err = self._try(*arguments, environment=environment, folder=folder)
        if status != 0:
            reason = err.strip() or f"exit {status}"
            raise GitError(f"git {arguments[0]} failed in {self.path}: {reason}")
        return out

    def _try(
        self, *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> tuple[int, str, str]:
        status, out, err = self._try_bytes(*arguments, environment=environment, folder=folder)
        return status, out.decode("utf-8", "replace").removesuffix("\n"), err

    def _try_bytes(
        self, *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> tuple[int, bytes, str]:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        runner = Git(str(folder)) if folder else self._git
        try:
            answer = runner.execute(
                ["git", *settings, *arguments],
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=_TIME_LIMIT,
                env={**_ENVIRONMENT, "GIT_DIR": str(self.path.resolve()), **(environment or {})},
            )
        except (GitCommandError, GitCommandNotFound) as error:
            raise GitError(f"git {arguments[0]} did not run: {error}") from error
        return answer


def _checked_oid(oid: str) -> str:
    if not _OID.match(oid):
        raise GitError(f"{oid!r} is no git object name.")
    return oid


def _checked_ref(ref: str) -> str:
    if not _REF.match(ref) or ".." in ref or ref.endswith(".lock"):
        raise GitError(f"{ref!r} is no ref this program may touch.")
    return ref
