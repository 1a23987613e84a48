"""A small book with a campaign in the middle of its work: what the site's tests look at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from blueprint.book import Chapter, Passage
from blueprint.node import Place
from blueprint.problem import Problem
from blueprint.snapshot import FailureRecord, IssueRecord, NodeProgress, Snapshot, VerdictRecord
from blueprint.status import NodeState
from tests.support.html_pages import HtmlPage
from tests.support.sample_book import BOOK, CHAPTERS, FAILURES, NODES, PULL_REQUESTS, START, progress_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(name="sample")
def _sample() -> Snapshot:
    return Snapshot(
        campaign="demo",
        state="running",
        blueprint=BOOK,
        progress={found.label: progress_of(found) for found in NODES},
        attempts={"submitted": 14, "failed": 3, "gave_up": 1, "running": 2},
        pull_requests=PULL_REQUESTS,
        landings={"statement": 8, "proof": 5},
        failures=FAILURES,
        input_tokens=1_243_000,
        output_tokens=86_400,
        cost_usd=4.382,
        rehearsal=True,
        taken_at=START + 400,
    )


HOSTILE = "</script></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<b onmouseover=alert(3)>{{7*7}}"


@pytest.fixture(name="hostile")
def _hostile(sample: Snapshot) -> Snapshot:
    """The sample with hostile text wherever agents, reviewers or the book's authors can put any."""
    label = 'thm:"><script>alert(4)</script>'
    nodes = tuple(
        replace(found, title=HOSTILE, tex=HOSTILE, proof=found.proof and replace(found.proof, tex=HOSTILE))
        for found in NODES
    )
    extra = replace(nodes[-1], label=label, labels=(label,), number="3.7", uses=("def:nat",))
    nodes = (*nodes, extra)
    progress = {
        found.label: NodeProgress(
            label=found.label,
            state=NodeState.FAILED,
            module=HOSTILE,
            declaration=HOSTILE,
            lean=f"theorem x : 1 = 1 := by -- {HOSTILE}\n/- {HOSTILE}",
            axioms=(HOSTILE,),
            attempts=1,
            cost_usd=1.0,
            active=HOSTILE,
            reason=HOSTILE,
        )
        for found in nodes
    }
    pull_requests = tuple(
        replace(
            record,
            reason=HOSTILE,
            state=HOSTILE if record.number == 2 else record.state,
            diff=f"{HOSTILE}\ndiff --git a/{HOSTILE} b/{HOSTILE}\n@@ -1 +1 @@ {HOSTILE}\n-{HOSTILE}\n+{HOSTILE}\n",
            head=HOSTILE,
            landed_as=HOSTILE,
            label=HOSTILE if record.number == 1 else record.label,
            verdicts=(VerdictRecord(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        )
        for record in PULL_REQUESTS
    )
    book = replace(
        BOOK,
        title=HOSTILE,
        chapters=tuple(Chapter(HOSTILE, HOSTILE, HOSTILE) for _ in CHAPTERS),
        nodes=nodes,
        passages=(Passage(0, tex=HOSTILE), *(Passage(found.chapter, label=found.label) for found in nodes)),
        problems=(Problem(Place(HOSTILE, 1), HOSTILE, "error", HOSTILE),),
    )
    return replace(
        sample,
        campaign=HOSTILE,
        state=HOSTILE,
        blueprint=book,
        progress=progress,
        attempts={HOSTILE: 1},
        pull_requests=pull_requests,
        landings={HOSTILE: 1},
        failures=(FailureRecord(HOSTILE, "proof", HOSTILE, HOSTILE, START),),
        issues=tuple(IssueRecord(1, HOSTILE, name, HOSTILE, HOSTILE, 2, START) for name in (HOSTILE, label)),
    )


@pytest.fixture(name="read_page")
def _read_page() -> Callable[[Path], Any]:
    """Return a function that reads a page: its `faults`, `ids`, `links`, `scripts` and `text`."""
    return HtmlPage
