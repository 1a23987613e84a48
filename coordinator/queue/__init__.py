"""The merge queue: which branches may become part of ``main``, in what order, and what is built for it.

`decide` is the whole of it: a pure function over frozen records. Git, the store and the builders are elsewhere.
"""

from coordinator.queue.actions import (
    Accuse,
    Action,
    Audit,
    Bounce,
    Build,
    Evidence,
    Land,
    Moved,
    Screen,
    SetAside,
    Settle,
    Unit,
    Withdraw,
)
from coordinator.queue.certificates import (
    Certificate,
    ModuleRecord,
    broken_certificates,
    certificate_key,
    landing_certificate,
)
from coordinator.queue.decision import decide
from coordinator.queue.modules import Modules
from coordinator.queue.records import (
    Batch,
    Branch,
    Landing,
    Member,
    MergeQueue,
    Rules,
    Screening,
    Source,
    Standing,
    Tip,
    Trail,
)

__all__ = [
    "Accuse",
    "Action",
    "Audit",
    "Batch",
    "Bounce",
    "Branch",
    "Build",
    "Certificate",
    "Evidence",
    "Land",
    "Landing",
    "Member",
    "MergeQueue",
    "ModuleRecord",
    "Modules",
    "Moved",
    "Rules",
    "Screen",
    "Screening",
    "SetAside",
    "Settle",
    "Source",
    "Standing",
    "Tip",
    "Trail",
    "Unit",
    "Withdraw",
    "broken_certificates",
    "certificate_key",
    "decide",
    "landing_certificate",
]
