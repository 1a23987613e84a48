"""A bare repository: nobody ever checks out ``main``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git import folders, lineage, refs, transport
from coordinator.git.authoring import Authors, commit_tree
from coordinator.git.batching import Batches
from coordinator.git.changes import Comparisons, unified_diff
from coordinator.git.configuration import configure
from coordinator.git.identity import BLUEPROVER, Identity
from coordinator.git.names import MAIN, checked_oid, checked_ref, is_oid
from coordinator.git.objects import MOST_BYTES, Objects
from coordinator.git.refs import RefChange
from coordinator.git.runner import Runner
from coordinator.git.telling import message_in, read_first_parents
from coordinator.git.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coordinator.git.authoring import Contribution
    from coordinator.git.batch import Batch, Branch, Refusal
    from coordinator.git.changes import Changes
    from coordinator.git.lineage import OwnCommit
    from coordinator.git.telling import Told


class Repository:
    """A bare repository on this host. Methods may be called from several threads.

    Three git processes may be kept running: one that reads, one that writes landings, and one that writes agents'
    commits. They end with `close`, when nobody holds the repository any more, and with the program, even a killed one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runner = Runner(path)
        self._objects = Objects(self._runner)
        self._authors = Authors(self._runner)
        self._comparisons = Comparisons(self._runner)
        self._batches = Batches(self._runner, self._objects, self._comparisons)
        self._upkeep = Upkeep(self._runner, self._let_go)

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
        configure(self._runner)

    def bring_up_to_date(self) -> bool:
        """Gives it the settings that one made today has, which costs one look where it has them.

        Returns:
            Whether it had not.

        Raises:
            GitError: it cannot be written.
        """
        return configure(self._runner)

    def close(self) -> None:
        """Ends the processes that are kept running. What needs one again starts it again."""
        self._objects.close()
        self._authors.close()
        self._batches.close()

    def _let_go(self) -> None:
        """Ends the processes that write."""
        self._authors.close()
        self._batches.close()

    @property
    def processes(self) -> tuple[int, ...]:
        """The processes that are kept running now."""
        return tuple(pid for pid in (self._objects.pid, self._authors.pid, self._batches.pid) if pid is not None)

    def head(self, ref: str = MAIN) -> str | None:
        """The commit a ref, or an object name, holds; ``None`` where there is none.

        Raises:
            GitError: it is no ref of this program.
        """
        return self._objects.commit_at(ref)

    def resolve(self, revision: str) -> str | None:
        """The commit that a person's word for it names, such as a branch, a tag or ``HEAD~1``; else ``None``."""
        if not revision or "\0" in revision:
            return None
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        answer = self._runner.attempt(*arguments)
        return answer.text if answer.status == 0 and is_oid(answer.text) else None

    def has(self, commit: str) -> bool:
        """Whether the repository holds `commit`."""
        return self._objects.commit_at(checked_oid(commit)) is not None

    def missing(self, commits: Sequence[str]) -> list[str]:
        """Those of `commits` that the repository does not hold."""
        kinds = self._objects.kinds(commits)
        return [commit for commit, kind in zip(commits, kinds, strict=True) if kind is None or kind.kind != "commit"]

    def is_ancestor(self, commit: str, descendant: str) -> bool:
        """Whether `commit` is `descendant` or among its ancestors."""
        arguments = ("merge-base", "--is-ancestor", checked_oid(commit), checked_oid(descendant))
        return self._runner.attempt(*arguments).status == 0

    def read(self, commit: str, path: str, limit: int = MOST_BYTES) -> bytes | None:
        """One file of a commit, or ``None`` where it has no such file.

        Raises:
            GitError: the file has more than `limit` bytes.
        """
        found = self._objects.at(commit, path)
        return self._objects.content(found, limit) if found is not None and found.kind == "blob" else None

    def read_blob(self, oid: str, limit: int = MOST_BYTES) -> bytes:
        """A file's content by its object name.

        Raises:
            GitError: there is no such file, or it has more than `limit` bytes.
        """
        return self._objects.blobs([oid], limit)[0]

    def file_at(self, commit: str, path: str) -> str | None:
        """Object name of the file at a path of a commit, or ``None``."""
        found = self._objects.at(commit, path)
        return found.oid if found is not None and found.kind == "blob" else None

    def digests(self, oids: Sequence[str]) -> list[str]:
        """SHA-256 of files' contents, in hexadecimal, by their object names.

        Raises:
            GitError: there is no such file, or it is larger than any that is read.
        """
        return self._objects.digests(oids)

    def blobs(self, commit: str) -> dict[str, str]:
        """Object names of all files of a commit, by path."""
        out = self._run("ls-tree", "-r", "-z", checked_oid(commit))
        rows = (row.split("\t", 1) for row in out.split("\0") if row)
        return {path: entry.split()[2] for entry, path in rows}

    def changes(self, pairs: Sequence[tuple[str, str]]) -> list[Changes]:
        """What each head changed since its base, path by path, for many pairs of commits at once.

        Raises:
            GitError: a commit is missing.
        """
        return self._comparisons.of(pairs)

    def diff(self, base: str, head: str, limit: int = 200_000, paths: Sequence[str] = ()) -> str:
        """Unified diff of two commits, of all or some paths, cut after `limit` characters."""
        return unified_diff(self._runner, base, head, limit, paths)

    def parting(self, one: str, other: str) -> str | None:
        """The last commit that two commits have in common; ``None`` where they have none.

        Raises:
            GitError: one of them is missing.
        """
        return lineage.parting(self._runner, one, other)

    def own_commits(self, base: str, head: str, limit: int = 100) -> list[OwnCommit]:
        """Commits that `head` has and `base` has not, newest first, at most `limit`.

        Raises:
            GitError: one of them is missing.
        """
        return lineage.own_commits(self._runner, base, head, limit)

    def write_tree(self, folder: Path, base: str | None = None) -> str:
        """Stores every file below `folder` (ignore rules do not count) and returns the tree.

        Args:
            folder: the files.
            base: the commit whose files were exported there, if one was: the submodules it names, of which nothing
                is exported, are kept.
        """
        return folders.write_tree(self._runner, folder, base)

    def export(self, commit: str, folder: Path, *, leave_out: str | None = None) -> None:
        """Writes the files of a commit below `folder`, which must be empty or missing, but for names ending so."""
        folders.export(self._runner, commit, folder, leave_out)

    def bring(self, commit: str, folder: Path, index: Path) -> None:
        """Makes a folder hold the files of a commit and nothing else, writing only what differs from what it held.

        Args:
            commit: which.
            folder: a folder that is empty, or was brought to a commit with the same `index` before.
            index: a file, beside the folder, in which git remembers what it wrote.

        Raises:
            GitError: the commit is missing, or something in the folder cannot be removed.
        """
        folders.bring(self._runner, commit, folder, index)

    def write_brought(self, folder: Path, index: Path) -> str:
        """Stores every file below a folder that `bring` filled, and returns the tree. The submodules there are kept."""
        return folders.write_brought(self._runner, folder, index)

    def commit(self, tree: str, parents: Sequence[str], message: str, author: Identity = BLUEPROVER) -> str:
        """Stores a commit of `tree` and returns it. No ref moves. Zero bytes, which git refuses, leave `message`."""
        return commit_tree(self._runner, tree, parents, message, author)

    def contribute(self, contribution: Contribution) -> str:
        """Stores an agent's commit, sets its branch and returns it; those of many threads go through one process.

        Raises:
            GitError: git refuses it.
        """
        return self._authors.commit(contribution)

    def contribute_all(self, contributions: Sequence[Contribution]) -> list[str | GitError]:
        """Stores many commits, sets their branches and returns them; in place of one that git refuses, why."""
        written = self._authors.commit_all(contributions)
        self._upkeep.wrote()
        return written

    def changes_on(self, tip: str, branches: Sequence[Branch]) -> list[Changes | Refusal]:
        """What each branch, for itself, changes on `tip`; or why it cannot be joined with it. Nothing is written.

        Raises:
            GitError: git fails, and not because of one of the branches.
        """
        return self._batches.changes_on(tip, branches)

    def author(self, commit: str) -> Identity:
        """Who a commit is from.

        Raises:
            GitError: there is no such commit.
        """
        (content,) = self._objects.commits([commit])
        if content is None:
            raise GitError(f"{commit[:10]} is no commit of {self.path}.")
        return Identity.of_commit(content)

    def batch(self, tip: str, branches: Sequence[Branch], when: int) -> Batch:
        """Writes a landing of each branch on `tip`, as far as they can be joined. No ref moves.

        Args:
            tip: where ``main`` is.
            branches: what is to land; of those that touch the same paths, earlier ones come first.
            when: the date of the landings, in seconds since 1970.

        Raises:
            GitError: git fails, and not because of one of the branches.
        """
        return self._batches.make(tip, branches, when)

    def land(self, batch: Batch) -> None:
        """Moves ``main`` from the batch's tip to its top and deletes the branches' refs: all of it, or nothing.

        Raises:
            RefMoved: ``main`` or one of the branches moved meanwhile.
            GitError: git refused for another reason.
        """
        if not batch.landings:
            return
        gone = [RefChange(ref, held, None) for landing in batch.landings for ref, held in landing.branch.refs]
        self.move_all([RefChange(MAIN, batch.tip, batch.top), *gone])

    def move(self, ref: str, new: str, old: str | None) -> None:
        """Moves `ref` from `old` to `new` (``None``: the ref must be new), or changes nothing.

        Raises:
            RefMoved: the ref holds something else.
            GitError: git refused for another reason.
        """
        self.move_all([RefChange(ref, old, new)])

    def move_all(self, changes: Sequence[RefChange]) -> None:
        """Moves, makes and deletes many refs, or changes nothing.

        Raises:
            RefMoved: one of them does not hold its old value.
            GitError: git refused for another reason.
        """
        refs.move_all(self._runner, self._objects, changes)
        for change in changes:
            if change.ref == MAIN and change.new is not None:
                self._upkeep.landed(sum(each.ref != MAIN for each in changes) or 1, change.new)

    def put(self, ref: str, new: str) -> None:
        """Sets `ref` to `new` whatever it holds. Never for ``main``."""
        refs.put_all(self._runner, [(ref, new)])

    def put_all(self, news: Sequence[tuple[str, str]]) -> None:
        """Sets refs to commits whatever they hold, all or none. Never ``main``."""
        refs.put_all(self._runner, news)

    def fetch(self, remote: str, commits: Sequence[str]) -> None:
        """Gets `commits` from `remote`, those that are missing here, and with them its ``main``.

        Raises:
            GitError: the remote is away or does not have them.
        """
        missing = self.missing(commits)
        if missing:
            transport.fetch(self._runner, remote, missing)
            self._upkeep.wrote()

    def fetch_as(self, remote: str, source: str, ref: str) -> None:
        """Gets `source` of `remote` and keeps it here as `ref`.

        Raises:
            GitError: the remote is away or does not have it.
        """
        self._run("fetch", "--quiet", "--no-tags", remote, f"{source}:{checked_ref(ref)}")

    def push_all(self, remote: str, branches: Sequence[tuple[str, str]]) -> list[GitError | None]:
        """Sends commits to refs of `remote`, over whatever they held; of each, why it was refused.

        Raises:
            GitError: none is there: all were refused, the remote is away, or a commit is missing here.
        """
        return transport.push_all(self._runner, remote, branches)

    def reaches(self, remote: str) -> bool:
        """Whether a remote answers."""
        try:
            return self._runner.attempt("ls-remote", "--quiet", remote, MAIN).status == 0
        except GitError:
            return False

    def log(self, commit: str, limit: int = 1000) -> tuple[str, ...]:
        """Commits reachable through first parents from `commit`, newest first."""
        return tuple(self._run("rev-list", "--first-parent", f"--max-count={limit}", checked_oid(commit)).split())

    def first_parents(self, tip: str, since: str | None) -> list[Told]:
        """What `tip` went through that `since` had not, oldest first.

        Raises:
            GitError: `tip` is not here.
        """
        return read_first_parents(self._runner, tip, since if since and self.has(since) else None)

    def message(self, commit: str) -> str:
        """A commit's message."""
        return self._run("log", "-1", "--format=%B", checked_oid(commit)).strip()

    def attempts(self) -> dict[str, str]:
        """The commits that the branches of attempts and of resolvers are at, by ref."""
        return refs.read_attempts(self._runner)

    def refs_below(self, prefix: str) -> dict[str, str]:
        """The commits that the refs below a prefix are at, by ref; the prefix ends with a slash.

        Raises:
            GitError: git failed.
        """
        return refs.read_below(self._runner, prefix)

    def messages(self, commits: Sequence[str]) -> list[str]:
        """What commits say; empty for one that is not here."""
        return [message_in(content) for content in self._objects.commits(commits)]

    def _run(
        self,
        *arguments: str,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> str:
        return self._runner.run(*arguments, given=given, environment=environment, folder=folder).text
