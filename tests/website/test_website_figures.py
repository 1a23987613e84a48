"""Figures read well at every size."""

from __future__ import annotations

import pytest

from blueprint.status import NodeState
from website import figures
from website.routes import anchor_of, slug_of, up
from website.states import campaign_badge, node_badge, pull_request_badge, verdict_badge
from website.tally import BAR_WIDTH, tally


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0, "$0.00"),
        (0.00042, "$0.0004"),
        (0.0315, "$0.032"),
        (0.999, "$1.00"),
        (4.382, "$4.38"),
        (12345.6, "$12,345.60"),
    ],
)
def test_money(dollars: float, text: str) -> None:
    assert figures.money(dollars) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1234, "1.23\u202fk"),
        (86_400, "86.4\u202fk"),
        (1_243_000, "1.24\u202fM"),
        (3_000_000_000, "3.00\u202fG"),
    ],
)
def test_rough(number: int, text: str) -> None:
    assert figures.rough(number) == text


def test_counts_plurals_and_shares() -> None:
    assert figures.count(1234567) == "1\u202f234\u202f567"
    assert figures.plural(1, "node") == "1 node"
    assert figures.plural(2, "node rests", "nodes rest") == "2 nodes rest"
    assert figures.percent(999, 1000) == "99 %"
    assert figures.percent(0, 0) == "0 %"


def test_moments_are_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert figures.moment(1_790_000_000.0) == "2026-09-21 14:13 UTC"
    assert figures.machine_moment(1_790_000_000.0) == "2026-09-21T14:13:20Z"
    assert figures.moment(None) == figures.moment(0) == ""


def test_every_state_has_a_badge_of_its_own() -> None:
    badges = [node_badge(state) for state in NodeState]
    assert len({badge.glyph for badge in badges}) == len({badge.tone for badge in badges}) == len(badges)


def test_unknown_states_are_shown_as_their_own_words() -> None:
    for badge in (pull_request_badge("on_hold"), verdict_badge("on_hold"), campaign_badge("on_hold")):
        assert badge.word == "on hold"


def test_a_bar_is_full_and_in_order() -> None:
    found = tally([NodeState.PROVED, NodeState.READY, NodeState.PROVED, NodeState.NOT_READY, NodeState.FAILED])
    assert [share.count for share in found.shares] == [2, 1, 1, 1]
    assert sum(share.width for share in found.shares) == BAR_WIDTH
    assert (found.percent, found.provable) == ("50 %", 4)
    assert tally([]).sentence == "no nodes"


@pytest.mark.parametrize("label", ["", "a b", 'x"y', "bp-content", "ü", "a" * 200, "1a"])
def test_labels_unfit_for_urls_get_stable_anchors(label: str) -> None:
    assert anchor_of(label).startswith("bp-node-")
    assert anchor_of(label) == anchor_of(label)


def test_fit_labels_are_their_own_anchors() -> None:
    assert anchor_of("thm:add_comm") == "thm:add_comm"


def test_slugs_and_roots() -> None:
    assert slug_of("Été — «The» naturals!") == "ete-the-naturals"
    assert (up("index.html"), up("chapters/1.html")) == ("", "../")
