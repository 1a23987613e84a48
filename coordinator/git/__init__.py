"""Git, and the only package that runs it.

A `Repository` is a bare repository: nobody ever checks out ``main``. Trees go to and from plain folders through a
private index; merges happen in memory; branches land in batches through one ``git fast-import`` that is kept running;
refs move by compare-and-set. Git runs with a clean environment: no system or user configuration, no hooks, no prompts,
and a time limit on everything.
"""

from coordinator.git.authoring import Contribution
from coordinator.git.batch import Batch, Branch, Landing, Refusal
from coordinator.git.changes import Change, Entry
from coordinator.git.exchange import Exchange
from coordinator.git.finding import repository_of, work_tree_of
from coordinator.git.identity import BLUEPROVER, Identity
from coordinator.git.lineage import OwnCommit
from coordinator.git.merging import Merge
from coordinator.git.names import MAIN, attempt_ref, candidate_ref, resolution_ref
from coordinator.git.refs import RefChange
from coordinator.git.repository import Repository
from coordinator.git.telling import Told
from coordinator.git.trailers import Trailers
from coordinator.git.version import git_version, require_git

__all__ = [
    "BLUEPROVER",
    "MAIN",
    "Batch",
    "Branch",
    "Change",
    "Contribution",
    "Entry",
    "Exchange",
    "Identity",
    "Landing",
    "Merge",
    "OwnCommit",
    "RefChange",
    "Refusal",
    "Repository",
    "Told",
    "Trailers",
    "attempt_ref",
    "candidate_ref",
    "git_version",
    "repository_of",
    "require_git",
    "resolution_ref",
    "work_tree_of",
]
