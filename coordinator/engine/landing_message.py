"""What a landing's commit says: `git log` alone tells what was done, by whom, and on what evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.engine.dispatch import slug
from coordinator.git import Trailers

if TYPE_CHECKING:
    from coordinator.schedule.state import Item
    from coordinator.store.approved import Approved


def landing_message(approved: Approved, item: Item, certificate: str) -> str:
    """The message of the commit with which an approved branch lands.

    Args:
        approved: the branch.
        item: what it is about.
        certificate: digest of all that is certified of the landing (see `landing_certificate`).
    """
    told = Trailers(
        node=item.label,
        attempt=f"{slug(item)}/{approved.attempt}",
        reviewed_by=approved.reviewers,
        certificates=(certificate,),
        cost=f"${approved.cost_usd:.4f}",
        others=(
            ("Stage", item.stage),
            ("Pull-request", str(approved.number)),
            ("Certified-on", approved.certified),
            ("Meaning", approved.lock),
            *(("Axiom", name) for name in approved.axioms),
            *(("Assumes", name) for name in approved.assumes),
            *(("Closes-issue", str(number)) for number in approved.closes),
        ),
    )
    title = f"Land {item.stage} of {item.label} (pull request {approved.number})"
    return told.onto(f"{title}\n\n{approved.summary}".strip())
