"""The merge queue's decisions, in worlds whose truth it does not see."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.queue import Rules
from tests.support.queue_world import Faults, Library, Proposal, Text, World, failures


def library_of(luck: random.Random, size: int) -> Library:
    library: Library = {}
    for number in range(size):
        below = luck.sample(sorted(library), min(len(library), luck.randrange(4)))
        library[f"M{number}"] = Text(f"s{number}", tuple(sorted(below)), f"i{number}")
    return library


def proposal_of(number: int, library: Library, luck: random.Random, bad: float) -> Proposal:
    changes: dict[str, Text | None] = {}
    for module in luck.sample(sorted(library), min(len(library), luck.choice((1, 1, 1, 2)))):
        text = library[module]
        imports = set(text.imports)
        if luck.random() < 0.1:
            imports.add(luck.choice([each for each in library if each != module] or [module]))
        changes[module] = Text(
            f"{text.digest}b{number}",
            tuple(sorted(imports)),
            f"{text.interface}b{number}" if luck.random() < 0.3 else text.interface,
            luck.random() < bad,
            frozenset(f"i{luck.randrange(len(library))}b{luck.randrange(number + 9)}" for _ in range(3)),
        )
    if luck.random() < 0.1:
        changes[f"New{number % 7}"] = Text(f"new{number}", tuple(luck.sample(sorted(library), 1)), f"inew{number}")
    if luck.random() < 0.05:
        changes[luck.choice(sorted(library))] = None
    return Proposal(library, changes)


def world_of(
    seed: int, modules: int, branches: int, bad: float = 0.1, faults: Faults | None = None, builders: int = 4
) -> World:
    luck = random.Random(seed)
    library = library_of(luck, modules)
    proposals = {number: proposal_of(number, library, luck, bad) for number in range(1, branches + 1)}
    return World(library, proposals, luck, faults or Faults(), builders)


def everything_ended(world: World) -> None:
    """Each branch landed or was rejected for a reason, once; main built at every commit, which the world checks."""
    assert not world.queue.branches
    assert len(set(world.landed)) == len(world.landed)
    assert sorted([*world.landed, *world.bounced]) == sorted(world.proposals)
    assert not failures(world.library)


def test_independent_proofs_land_all_after_as_few_builds_as_the_window_allows() -> None:
    library = {f"M{n}": Text(f"s{n}", (), f"i{n}") for n in range(200)}
    proposals = {n + 1: Proposal(library, {f"M{n}": Text(f"b{n}", (), f"i{n}", bad=n % 10 == 0)}) for n in range(200)}
    world = World(library, proposals, random.Random(1), builders=8)
    world.run()
    assert sorted(world.bounced) == [n + 1 for n in range(0, 200, 10)]
    assert len(world.landed) == 180
    assert world.builds <= 200 / 16 + 8
    assert world.screens <= 6
    assert {each.evidence[0].message for each in world.bounced.values()} == {"its proof is wrong"}


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    modules=st.integers(1, 14),
    branches=st.integers(1, 24),
    bad=st.sampled_from((0.0, 0.1, 0.5)),
    faults=st.builds(
        Faults,
        lost=st.sampled_from((0.0, 0.2)),
        killed=st.sampled_from((0.0, 0.1)),
        outrun=st.sampled_from((0.0, 0.3)),
        pushed=st.sampled_from((0.0, 0.1)),
        forced=st.sampled_from((0.0, 0.1)),
    ),
    builders=st.integers(1, 5),
)
def test_main_is_certified_at_every_commit_and_nothing_good_is_rejected(
    seed: int, modules: int, branches: int, bad: float, faults: Faults, builders: int
) -> None:
    world = world_of(seed, modules, branches, bad, faults, builders)
    world.run()
    everything_ended(world)


def test_two_hundred_branches_approved_at_once_survive_everything_that_can_go_wrong() -> None:
    faults = Faults(lost=0.2, killed=0.05, outrun=0.1, pushed=0.05, forced=0.02)
    world = world_of(0, 300, 200, 0.1, faults, builders=8)
    world.run()
    everything_ended(world)
    assert world.outruns > 0
    assert len(world.landed) > 100


def flat(size: int) -> Library:
    """Modules that import nothing."""
    return {f"M{n}": Text(f"s{n}", (), f"i{n}") for n in range(size)}


def proof(library: Library, module: str, number: int, *, bad: bool = False) -> Proposal:
    text = library[module]
    return Proposal(library, {module: Text(f"b{number}", text.imports, text.interface, bad)})


def proofs(size: int) -> tuple[Library, dict[int, Proposal]]:
    library = flat(size)
    return library, {n + 1: proof(library, f"M{n}", n + 1) for n in range(size)}


def test_a_branch_that_breaks_what_nobody_knew_it_reaches_is_found_by_halving_and_rejected_alone() -> None:
    library, proposals = proofs(16)
    world = World(library, proposals, random.Random(1), builders=1, hidden=frozenset({11}))
    world.run()
    assert sorted(world.bounced) == [11]
    assert world.bounced[11].evidence[0].module == "Elsewhere"
    assert sorted(world.landed) == [n for n in range(1, 17) if n != 11]
    assert world.builds <= 12


def test_a_branch_that_kills_every_builder_is_set_aside_and_the_others_land() -> None:
    library, proposals = proofs(20)
    world = World(library, proposals, random.Random(1), builders=2, poison=frozenset({7}))
    world.run()
    assert world.aside == [7]
    assert len(world.landed) == 19
    assert not world.bounced


def test_an_audit_that_differs_leads_to_the_landing_that_did_it_and_stops_the_queue() -> None:
    library, proposals = proofs(60)
    world = World(library, proposals, random.Random(1), builders=2, rules=Rules(audit_every=20), secret=frozenset({33}))
    world.run()
    assert [[member.number for member in landing.members] for landing in world.accused] == [[33]]
    assert len(world.queue.trail.findings) <= 2 + 6, "the landings are halved, not tried one by one"


def test_a_main_that_audits_well_is_audited_every_so_many_landings_and_never_stops_the_queue() -> None:
    library, proposals = proofs(60)
    world = World(library, proposals, random.Random(1), builders=2, rules=Rules(audit_every=20))
    world.run()
    assert len(world.landed) == 60
    assert 1 <= len(world.queue.trail.findings) <= 3
    assert not world.accused


def test_what_moved_below_a_branch_is_told_with_the_digests() -> None:
    library = {"A": Text("a", (), "ia"), "B": Text("b", ("A",), "ib")}
    proposals = {
        1: Proposal(library, {"A": Text("a2", (), "ia2")}),
        2: Proposal(library, {"B": Text("b2", ("A",), "ib", dislikes=frozenset({"ia2"}))}),
    }
    world = World(library, proposals, random.Random(1))
    world.run()
    assert world.landed == [1]
    (evidence,) = world.bounced[2].evidence
    assert evidence.module == "B"
    assert [(each.module, each.was, each.now) for each in evidence.moved] == [("A", "ia", "ia2")]
    assert evidence.tip == "c1"
    assert "A (ia → ia2)" in str(evidence)


def test_a_statement_that_breaks_what_others_built_on_it_is_rejected_with_the_module_it_breaks() -> None:
    library = {"A": Text("a", (), "ia"), "B": Text("b", ("A",), "ib", dislikes=frozenset({"ia2"}))}
    world = World(library, {1: Proposal(library, {"A": Text("a2", (), "ia2")})}, random.Random(1))
    world.run()
    assert [each.module for each in world.bounced[1].evidence] == ["B"]


def test_two_branches_whose_imports_would_run_in_a_circle_do_not_both_land() -> None:
    library = flat(2)
    proposals = {
        1: Proposal(library, {"M0": Text("b1", ("M1",), "i0")}),
        2: Proposal(library, {"M1": Text("b2", ("M0",), "i1")}),
    }
    world = World(library, proposals, random.Random(1))
    world.run()
    assert world.landed == [1]
    assert "circle" in world.bounced[2].evidence[0].message


def test_an_interface_that_others_build_on_is_built_alone_with_its_cone_while_proofs_elsewhere_go_on() -> None:
    library = {**flat(20), "A": Text("a", (), "ia"), "B": Text("b", ("A",), "ib")}
    proposals = {n + 1: proof(library, f"M{n}", n + 1) for n in range(20)}
    proposals |= {21: Proposal(library, {"A": Text("a2", (), "ia2")}), 22: proof(library, "B", 22)}
    world = World(library, proposals, random.Random(1), builders=4)
    world.run()
    everything_ended(world)
    assert not world.bounced
    assert 1 in world.sizes, "alone"
    assert world.landed.index(21) < world.landed.index(22), "the proof above it waits for its turn"


def test_branches_with_certificates_in_hand_land_in_one_go_without_a_build() -> None:
    library, proposals = proofs(200)
    world = World(library, proposals, random.Random(1))
    joined = {**library, **{m: text for p in proposals.values() for m, text in p.changes.items() if text}}
    world.learn(joined)
    world.run()
    assert len(world.landed) == 200
    assert world.builds == 0
    assert world.screens == 1
